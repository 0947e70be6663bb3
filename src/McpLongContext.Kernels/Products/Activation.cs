namespace McpLongContext.Kernels.Products;

/// <summary>The function that a product applies to its result before it leaves the cache.</summary>
public enum Activation
{
    /// <summary>The result itself.</summary>
    None = 0,

    /// <summary>The exact, erf-based GELU: see <see cref="Elementwise.Gelu"/>.</summary>
    Gelu = 1,
}
