namespace McpLongContext.Kernels.Devices;

/// <summary>
/// Attention of the query heads of one KV head over spans of keys and values that a device holds and over tokens of the
/// sequence: output[q] = softmax over the tokens t of q's parts of (scale * R(q) · R(key[t])) times value[t], R the
/// rotation of the pairs (i, i + dimensions / 2) by position (Su et al., arXiv 2104.09864).
/// </summary>
public sealed record SpanAttentionInput
{
    /// <summary>The width of a head (<see cref="Takes"/>).</summary>
    public required int Dimensions { get; init; }

    /// <summary>Multiplies the products.</summary>
    public required float Scale { get; init; }

    /// <summary>The queries, not rotated, <c>[queries, dimensions]</c>.</summary>
    public required float[] Queries { get; init; }

    /// <summary>The positions that queries are rotated by, <c>[queries]</c>.</summary>
    public required int[] Positions { get; init; }

    /// <summary>
    /// The cosines of a position's pairs, then the sines, <c>[positions, dimensions]</c>. Never changed: a device keeps its
    /// copy while it is given the same array.
    /// </summary>
    public required float[] Rotation { get; init; }

    /// <summary>Keys of the sequence, not rotated, <c>[tokens, dimensions]</c>.</summary>
    public required Half[] Keys { get; init; }

    /// <summary>Values of the sequence, <c>[tokens, dimensions]</c>.</summary>
    public required Half[] Values { get; init; }

    /// <summary>Keys, not rotated, and values of stored tokens.</summary>
    public required IReadOnlyList<(IDeviceKeys Keys, IDeviceKeys Values)> Planes { get; init; }

    /// <summary>The tokens that are attended to, in the order of the queries, each of which has a part.</summary>
    public required SpanPart[] Parts { get; init; }

    /// <summary>The greatest width of a head.</summary>
    public const int MaxDimensions = 256;

    /// <summary>Pairs of dimensions have to fill words of 32 bits.</summary>
    private const int DimensionsStep = 8;

    /// <summary>Whether a device attends in heads of so many dimensions: a multiple of 8, at most 256.</summary>
    public static bool Takes(int dimensions) => dimensions % DimensionsStep == 0 && dimensions <= MaxDimensions;
}

/// <summary>The result of attention over spans.</summary>
/// <param name="Output"><c>[queries, dimensions]</c>.</param>
/// <param name="Shares">The share of its query's attention that a part has, <c>[parts]</c>.</param>
public sealed record SpanAttentionOutput(float[] Output, float[] Shares);
