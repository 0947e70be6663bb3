namespace McpLongContext.Storage.Keys;

/// <summary>The key vectors that are stored for a token.</summary>
/// <param name="Planes">Vectors a token, positive.</param>
/// <param name="Dimensions">The width of each, positive.</param>
public readonly record struct KeyShape(int Planes, int Dimensions)
{
    /// <summary>The most planes: keys and values of 512 layers and heads together.</summary>
    public const int MaxPlanes = 1 << 16;

    /// <summary>The greatest width of a vector.</summary>
    public const int MaxDimensions = 4096;

    /// <summary>Bytes a token: the codes and the scales of all planes.</summary>
    public int TokenBytes => Planes * (Dimensions + sizeof(float));
}
