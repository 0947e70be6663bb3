using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Storage;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Words that stand near: the answer in a dialogue is often a turn beside the one with the question's words, so short
/// passages of text share their lexical score with the next two on either side. A long passage stands for itself, and a
/// passage gets no more than its length bears: an interjection does not rank for the speech before it.
/// </summary>
internal static class NeighborEvidence
{
    /// <summary>Shares of the next passage and the next but one.</summary>
    private static readonly double[] s_shares = [0.5, 0.25];

    /// <summary>From this length on, in characters, sharing fades with the square of the length (60 words).</summary>
    private const double SelfContained = 340;

    /// <summary>Hits that share; those below are too weak to lift a neighbor.</summary>
    private const int SharingHits = 200;

    /// <summary>The lexical scores with what neighbors share.</summary>
    /// <param name="snapshot">Where the passages are.</param>
    /// <param name="hits">Lexical scores, best first.</param>
    public static Dictionary<long, double> Spread(DatastoreSnapshot snapshot, IReadOnlyList<ScoredPassage> hits) =>
        Spread(hits, Around(snapshot, hits));

    /// <summary>The lexical scores with what neighbors share.</summary>
    /// <param name="hits">Lexical scores, best first.</param>
    /// <param name="surroundings">The passages around the best hits, by id; more than those do no harm.</param>
    public static Dictionary<long, double> Spread(
        IReadOnlyList<ScoredPassage> hits,
        IReadOnlyDictionary<long, PassageLength> surroundings
    )
    {
        var scores = hits.ToDictionary(hit => hit.Passage, hit => (double)hit.Score);
        foreach (var source in hits.Take(SharingHits))
        {
            for (var distance = 1; distance <= s_shares.Length; distance++)
            {
                Share(source, source.Passage - distance, distance);
                Share(source, source.Passage + distance, distance);
            }
        }

        return scores;

        void Share(ScoredPassage source, long target, int distance)
        {
            if (
                surroundings.TryGetValue(source.Passage, out var from)
                && from.IsText
                && surroundings.TryGetValue(target, out var to)
                && from.Document == to.Document
            )
            {
                var share = Math.Min(1, to.Length / from.Length) * Openness(from.Length) * Openness(to.Length);
                scores[target] = scores.GetValueOrDefault(target) + (source.Score * s_shares[distance - 1] * share);
            }
        }
    }

    /// <summary>The passages around the best hits in texts, by id.</summary>
    /// <param name="snapshot">Where the passages are.</param>
    /// <param name="hits">Lexical scores, best first.</param>
    public static Dictionary<long, PassageLength> Around(DatastoreSnapshot snapshot, IReadOnlyList<ScoredPassage> hits)
    {
        var lengths = new Dictionary<long, PassageLength>();
        long read = -1;
        var sources = hits.Take(SharingHits).Select(hit => hit.Passage).Where(IsText).Order().ToList();
        foreach (var source in sources)
        {
            var first = Math.Max(read + 1, source - s_shares.Length);
            read = source + s_shares.Length;
            foreach (var passage in snapshot.Passages.WholeBetween(first, read))
            {
                lengths[passage.Id] = new PassageLength(
                    passage.DocumentId,
                    Math.Max(1, passage.Text.AsSpan().Trim().Length),
                    IsText: false
                );
            }
        }

        foreach (var source in sources.Where(lengths.ContainsKey))
        {
            lengths[source] = lengths[source] with { IsText = true };
        }

        return lengths;

        bool IsText(long passage) => !EncoderText.IsWrittenOut(StoredKind.Of(snapshot.Documents.OfPassage(passage)));
    }

    private static double Openness(double length) => Math.Min(1, Math.Pow(SelfContained / length, 2));
}

/// <summary>A passage as its neighbors see it.</summary>
/// <param name="Document">The document of the passage.</param>
/// <param name="Length">The characters without blank ends, one at least.</param>
/// <param name="IsText">Whether it is a hit in a text, which shares its score.</param>
internal readonly record struct PassageLength(long Document, double Length, bool IsText);
