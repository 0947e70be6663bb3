using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Kernels.Attention;

/// <summary>The shapes of one call. A row is a query: [tokens of the part, query heads of the KV head].</summary>
internal sealed record GroupedQueryRun(
    KeyValueCache Cache,
    RotaryTable? Rotary,
    float Scale,
    int Window,
    AttentionPart Part,
    int QueryHeadsPerKvHead,
    int QueryStride
)
{
    private const int Page = KeyValueCache.PageTokens;

    public int HeadDim => Cache.HeadDim;

    public int Rows { get; } = Part.Tokens * QueryHeadsPerKvHead;

    public int FirstPage => FirstKeyOf(0) / Page;

    public int LastPage => PositionOf(Rows - 1) / Page;

    private int FirstPosition { get; } = Cache.Count - Part.BlockTokens + Part.FirstToken;

    public int PositionOf(int row) => FirstPosition + (row / QueryHeadsPerKvHead);

    /// <summary>The first key that a row sees.</summary>
    public int FirstKeyOf(int row) => Math.Max(0, PositionOf(row) - Window + 1);

    /// <summary>
    /// Where a row stands in the output, [block's tokens, KV heads, query heads of the KV head, headDim].
    /// </summary>
    public nint OffsetOf(int row) => OffsetOf(row, Cache.Heads * QueryHeadsPerKvHead * HeadDim);

    /// <summary>Where a row stands in the queries, whose tokens are <see cref="QueryStride"/> floats apart.</summary>
    public nint QueryOffsetOf(int row) => OffsetOf(row, QueryStride);

    /// <summary>The call with these arguments; keys and values follow the queries of a token where it has 3 parts.</summary>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static GroupedQueryRun Create(
        ReadOnlySpan<float> queries,
        KeyValueCache cache,
        RotaryTable? rotary,
        float scale,
        int window,
        AttentionPart part,
        int columns,
        int parts = 1,
        [CallerArgumentExpression(nameof(queries))] string name = ""
    )
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        var heads = part.BlockTokens > 0 ? Shape.Rows(queries.Length, part.BlockTokens * cache.HeadDim, name) : 0;
        if (heads == 0 || heads % (parts * cache.Heads) != 0)
        {
            throw new ArgumentException(
                $"{queries.Length} floats found, expected [{part.BlockTokens}, a multiple of {parts * cache.Heads}, {cache.HeadDim}].",
                name
            );
        }

        if (part.BlockTokens > cache.Count)
        {
            throw new ArgumentException(
                $"a block of {part.BlockTokens} tokens in a cache of {cache.Count}.",
                nameof(part)
            );
        }

        if (
            (uint)part.KeyValueHead >= (uint)cache.Heads
            || part.FirstToken < 0
            || part.Tokens < 0
            || part.Tokens > part.BlockTokens - part.FirstToken
        )
        {
            throw new ArgumentException($"{part} found in a block with {cache.Heads} groups.", nameof(part));
        }

        if (cache.Columns != columns)
        {
            throw new ArgumentException($"panels of {cache.Columns} found, expected {columns}.", nameof(cache));
        }

        if (rotary is not null && (rotary.Pairs * 2 != cache.HeadDim || rotary.Columns != columns))
        {
            throw new ArgumentException(
                $"a rotation of {rotary.Pairs} pairs found where heads have {cache.HeadDim} dimensions.",
                nameof(rotary)
            );
        }

        if (rotary?.Length < cache.Count)
        {
            throw new ArgumentException($"{rotary.Length} positions found, expected {cache.Count}.", nameof(rotary));
        }

        return new GroupedQueryRun(
            cache,
            rotary,
            scale,
            window,
            part,
            heads / parts / cache.Heads,
            queries.Length / part.BlockTokens
        );
    }

    /// <summary>The floats that <see cref="GroupedQueryBuffers"/> need.</summary>
    public int ScratchSize(int stripRows) =>
        checked(
            (2 * Rows * HeadDim)
            + (Page * HeadDim)
            + (stripRows * (Page + Cache.ValueColumns + 1))
            + (2 * Rows)
            + HeadDim
            + (9 * GroupedQueryBuffers.CacheLine)
        );

    private nint OffsetOf(int row, int stride)
    {
        var (token, head) = Math.DivRem(row, QueryHeadsPerKvHead);
        return ((nint)(Part.FirstToken + token) * stride)
            + (((Part.KeyValueHead * QueryHeadsPerKvHead) + head) * HeadDim);
    }
}
