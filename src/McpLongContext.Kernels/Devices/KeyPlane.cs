namespace McpLongContext.Kernels.Devices;

/// <summary>Keys, or values, of consecutive tokens.</summary>
public sealed record KeyPlane
{
    /// <summary>How the numbers are written.</summary>
    public KeyFormat Format { get; init; }

    /// <summary>The number of tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>The width of a key, a multiple of 4.</summary>
    public required int Dimensions { get; init; }

    /// <summary>The numbers, <c>[tokens, dimensions]</c>; in eight bits a key is scale * codes.</summary>
    public required PlaneReader Codes { get; init; }

    /// <summary>The scales, float32, <c>[tokens]</c>; <see langword="null"/> where the format has none.</summary>
    public PlaneReader? Scales { get; init; }
}
