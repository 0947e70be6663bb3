using McpLongContext.Storage.Passages;

namespace McpLongContext.Distributed.Messages;

/// <summary>Passages with a score each.</summary>
/// <param name="Ids">The passages.</param>
/// <param name="Scores">Their scores.</param>
[GenerateSerializer, Immutable]
internal sealed record ScoredPassages(long[] Ids, float[] Scores)
{
    /// <summary>None.</summary>
    public static readonly ScoredPassages None = new([], []);

    /// <summary>Passages as a message.</summary>
    public static ScoredPassages Of(IEnumerable<ScoredPassage> passages)
    {
        var all = passages.ToList();
        return new([.. all.Select(one => one.Passage)], [.. all.Select(one => one.Score)]);
    }

    /// <summary>The passages as the retrieval has them.</summary>
    public IEnumerable<ScoredPassage> All() => Ids.Zip(Scores, (id, score) => new ScoredPassage(id, score));
}
