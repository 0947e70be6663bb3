namespace McpLongContext.LongAttention.LateChunking;

/// <summary>A chunk: the model reads all of its tokens, the embeddings of its core are kept.</summary>
/// <param name="First">First token, counted from the start of the text.</param>
/// <param name="Count">Tokens read.</param>
/// <param name="CoreFirst">First token of the core.</param>
/// <param name="CoreCount">Tokens of the core.</param>
public readonly record struct Chunk(int First, int Count, int CoreFirst, int CoreCount);

/// <summary>
/// Cuts a text into chunks along its passages. Unlimiformer (section 2.1) slides a window by a fixed stride and keeps
/// its middle; here cores end where passages end, so that a passage sees all of itself, which costs no overlap and
/// retrieved as well. Every token is in exactly one core.
/// </summary>
public static class ChunkPlan
{
    /// <summary>Plans the chunks of a text.</summary>
    /// <param name="passageTokens">The number of tokens of each passage, in order.</param>
    /// <param name="capacity">The most tokens that a chunk may read.</param>
    /// <param name="margin">Tokens of context on either side of a core, where the text has them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The margins leave no room for a core.</exception>
    public static IReadOnlyList<Chunk> Of(ReadOnlySpan<int> passageTokens, int capacity, int margin)
    {
        var room = capacity - (2 * margin);
        ArgumentOutOfRangeException.ThrowIfNegative(margin);
        ArgumentOutOfRangeException.ThrowIfLessThan(room, 1, nameof(capacity));

        var total = 0;
        foreach (var tokens in passageTokens)
        {
            total += tokens;
        }

        var chunks = new List<Chunk>();
        var passage = 0;
        var passageEnd = 0;
        for (var core = 0; core < total; )
        {
            var end = core;
            while (passage < passageTokens.Length && passageEnd + passageTokens[passage] <= core + room)
            {
                passageEnd += passageTokens[passage++];
                end = passageEnd;
            }

            if (end <= core)
            {
                // The next passage alone is longer than a core: it is cut.
                end = core + room;
            }

            var first = Math.Max(0, core - margin);
            var last = Math.Min(total, end + margin);
            chunks.Add(new Chunk(first, last - first, core, end - core));
            core = end;
        }

        return chunks;
    }
}
