namespace McpLongContext.Kernels.Devices;

/// <summary>Keys of consecutive tokens in eight bits: a key is scale * codes.</summary>
public sealed record KeyPlane
{
    /// <summary>The number of tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>The width of a key, a multiple of 4.</summary>
    public required int Dimensions { get; init; }

    /// <summary>The codes, signed, <c>[tokens, dimensions]</c>.</summary>
    public required PlaneReader Codes { get; init; }

    /// <summary>The scales, float32, <c>[tokens]</c>.</summary>
    public required PlaneReader Scales { get; init; }
}
