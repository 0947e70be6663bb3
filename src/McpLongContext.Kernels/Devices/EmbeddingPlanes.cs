namespace McpLongContext.Kernels.Devices;

/// <summary>Bytes of a plane, which may lie in a mapped file.</summary>
/// <param name="first">The first item.</param>
/// <param name="count">How many items.</param>
public delegate ReadOnlySpan<byte> PlaneReader(int first, int count);

/// <summary>The quantized embeddings of a segment: those of passages, and those of their tokens in two planes.</summary>
public sealed record EmbeddingPlanes
{
    /// <summary>The width of an embedding, a multiple of 64.</summary>
    public required int Dimensions { get; init; }

    /// <summary>The first token of each passage and, last, the number of tokens: <c>[passages + 1]</c>.</summary>
    public required int[] Offsets { get; init; }

    /// <summary>The scales of passage embeddings, <c>[passages]</c>.</summary>
    public required float[] PassageScales { get; init; }

    /// <summary>The codes of passage embeddings, three bits a dimension, <c>[passages, 3 * dimensions / 8]</c>.</summary>
    public required PlaneReader PassageCodes { get; init; }

    /// <summary>The binary codes of token embeddings, the signs, <c>[tokens, dimensions / 8]</c>.</summary>
    public required PlaneReader BinaryCodes { get; init; }

    /// <summary>The magnitude bits and, last, the code of the scale, <c>[tokens, dimensions / 8 + 1]</c>.</summary>
    public required PlaneReader ResidualCodes { get; init; }

    /// <summary>The levels of passage embeddings by their codes, <c>[8]</c>.</summary>
    public required float[] PassageLevels { get; init; }

    /// <summary>The lower and the higher level of a token's dimension, <c>[2]</c>; the sign is in the binary code.
    /// </summary>
    public required float[] TokenLevels { get; init; }

    /// <summary>The scales of token embeddings by their codes, <c>[256]</c>.</summary>
    public required float[] TokenScales { get; init; }

    /// <summary>The number of passages.</summary>
    public int Passages => Offsets.Length - 1;

    /// <summary>The number of tokens.</summary>
    public int Tokens => Offsets[^1];
}
