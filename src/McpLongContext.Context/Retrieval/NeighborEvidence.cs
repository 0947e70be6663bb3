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
    public static Dictionary<long, double> Spread(DatastoreSnapshot snapshot, IReadOnlyList<ScoredPassage> hits)
    {
        var scores = hits.ToDictionary(hit => hit.Passage, hit => (double)hit.Score);
        var sources = hits.Take(SharingHits).Where(hit => IsText(snapshot, hit.Passage)).ToList();
        var lengths = Lengths(snapshot, sources);
        foreach (var source in sources)
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
                lengths.TryGetValue(target, out var to)
                && lengths.TryGetValue(source.Passage, out var from)
                && from.Document == to.Document
            )
            {
                var share = Math.Min(1, to.Length / from.Length) * Openness(from.Length) * Openness(to.Length);
                scores[target] = scores.GetValueOrDefault(target) + (source.Score * s_shares[distance - 1] * share);
            }
        }
    }

    private static double Openness(double length) => Math.Min(1, Math.Pow(SelfContained / length, 2));

    private static bool IsText(DatastoreSnapshot snapshot, long passage) =>
        !EncoderText.IsWrittenOut(StoredKind.Of(snapshot.Documents.OfPassage(passage)));

    private static Dictionary<long, (long Document, double Length)> Lengths(
        DatastoreSnapshot snapshot,
        IReadOnlyList<ScoredPassage> sources
    )
    {
        var lengths = new Dictionary<long, (long, double)>();
        long read = -1;
        foreach (var source in sources.Select(source => source.Passage).Order())
        {
            var first = Math.Max(read + 1, source - s_shares.Length);
            read = source + s_shares.Length;
            foreach (var passage in snapshot.Passages.WholeBetween(first, read))
            {
                lengths[passage.Id] = (passage.DocumentId, Math.Max(1, passage.Text.AsSpan().Trim().Length));
            }
        }

        return lengths;
    }
}
