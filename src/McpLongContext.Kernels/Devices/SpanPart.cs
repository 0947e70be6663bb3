namespace McpLongContext.Kernels.Devices;

/// <summary>Consecutive tokens that a query attends to.</summary>
/// <param name="Query">The query.</param>
/// <param name="Plane">
/// The planes that have their keys and values; <see cref="Sequence"/>: the sequence itself.
/// </param>
/// <param name="First">The first token, counted from the start of the plane.</param>
/// <param name="Count">How many, positive, at most <see cref="MaxTokens"/>.</param>
/// <param name="Position">The position that the first token is rotated by.</param>
public readonly record struct SpanPart(int Query, int Plane, int First, int Count, int Position)
{
    /// <summary>The plane of the sequence's own tokens.</summary>
    public const int Sequence = -1;

    /// <summary>The most tokens of a part.</summary>
    public const int MaxTokens = 256;
}
