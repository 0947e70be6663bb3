using System.Collections.Concurrent;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// The embeddings of one encoder in one published generation, searchable. Passages without embeddings are missing from
/// answers; so are those whose embeddings are damaged, which <see cref="Damage"/> names. Usable by several threads,
/// until its snapshot is disposed.
/// </summary>
public sealed class EmbeddingIndex : IEmbeddingSearch
{
    /// <summary>Scattered passages that a thread takes at a time: a hundred microseconds or so.</summary>
    private const int PassagesOfBatch = 8;

    private readonly PlacedRun[] _runs;
    private readonly ConcurrentDictionary<string, byte> _damage;

    private EmbeddingIndex(EmbeddingProfile encoder, PlacedRun[] runs, IEnumerable<string> damage)
    {
        Encoder = encoder;
        _runs = runs;

        // A segment that holds nothing of what several documents expect in it is said once.
        _damage = new ConcurrentDictionary<string, byte>(
            damage.Distinct(StringComparer.Ordinal).Select(text => KeyValuePair.Create(text, (byte)0))
        );
        Passages = runs.Sum(run => (long)run.Passages);
    }

    /// <summary>The encoder.</summary>
    public EmbeddingProfile Encoder { get; }

    /// <summary>The number of passages that have embeddings.</summary>
    public long Passages { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Damage => (IReadOnlyCollection<string>)_damage.Keys;

    /// <summary>Whether a passage has embeddings.</summary>
    public bool Covers(long passage) => RunOf(passage) is not null;

    /// <inheritdoc/>
    public ScoredPassage[] ScorePooled(
        ReadOnlySpan<float> query,
        PassageScope scope,
        CancellationToken cancellation = default
    )
    {
        RequireWidth(query.Length);
        var vector = query.ToArray();
        return Scan(
                (run, scores) => EmbeddingScorer.Pooled(run, vector, scores),
                (embeddings, slots) => EmbeddingScorer.Pooled(embeddings, slots, Encoder, vector)
            )
            .Run(InScope(scope), cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The similarity is 1 - 2 * distance / dimensions, the distance being that of the nearest token of the passage by
    /// binary code.
    /// </remarks>
    public ScoredPassage[] ScoreTokens(
        LateInteractionQuery query,
        PassageScope scope,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return ScoreTokens(query, InScope(scope), cancellation);
    }

    /// <inheritdoc/>
    public ScoredPassage[] ScoreTokens(
        LateInteractionQuery query,
        IReadOnlyList<long> passages,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(passages);
        return ScoreTokens(query, RunsOf(passages), cancellation);
    }

    /// <inheritdoc/>
    public float[] Rescore(
        LateInteractionQuery query,
        IReadOnlyList<long> passages,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(passages);
        RequireWidth(query.Tokens == 0 ? Encoder.Dimensions : query.Dimensions);
        var scores = new float[passages.Count];
        Array.Fill(scores, float.NaN);
        var mean = EmbeddingScorer.OfMean(query, Encoder.Mean.Span);
        var queries = query.QuantizedFor(Encoder);
        var items = new List<ScanItem>();
        for (var i = 0; i < passages.Count; i++)
        {
            if (RunOf(passages[i]) is { } run)
            {
                items.Add(new ScanItem(run.Slice((int)(passages[i] - run.FirstPassage), 1), i));
            }
        }

        Scan(
                (run, part) => EmbeddingScorer.ByResidualCodes(run, queries, query.Weights, mean, part),
                (embeddings, slots) => EmbeddingScorer.ByResidualCodes(embeddings, slots, queries, query.Weights, mean)
            )
            .Score(items, PassagesOfBatch, scores, cancellation);
        return scores;
    }

    /// <inheritdoc/>
    public float[]? Similarities(LateInteractionQuery query, long passage)
    {
        ArgumentNullException.ThrowIfNull(query);
        RequireWidth(query.Tokens == 0 ? Encoder.Dimensions : query.Dimensions);
        if (RunOf(passage) is not { } run)
        {
            return null;
        }

        try
        {
            return EmbeddingScorer.Similarities(run.Slice((int)(passage - run.FirstPassage), 1), query, Encoder);
        }
        catch (DatastoreCorruptException e)
        {
            _damage.TryAdd(e.Message, 0);
            return null;
        }
    }

    internal static EmbeddingIndex Load(
        Database database,
        long encoderId,
        EmbeddingProfile encoder,
        DocumentTable documents,
        IReadOnlyDictionary<long, SegmentReader> segments,
        IEnumerable<string> damage
    )
    {
        var runs = new List<PlacedRun>();
        var found = new List<string>(damage);
        using var rows = database
            .Prepare(
                "SELECT d.first_passage, d.passage_count, s.content_key, s.first_ordinal, s.passage_count, "
                    + "s.segment_id, s.first_slot "
                    + "FROM (SELECT DISTINCT first_passage, passage_count, content_key FROM documents) d "
                    + "JOIN states s ON s.encoder_id = ?1 AND s.content_key = d.content_key"
            )
            .Bind(1, encoderId);
        while (rows.Step())
        {
            var ordinal = rows.Int32(3);
            var run = new SegmentRun(ContentKey.Stored(rows.Bytes(2)), ordinal, rows.Int32(4), rows.Int32(6));
            if (
                segments.GetValueOrDefault(rows.Int64(5)) is not EmbeddingSegment segment
                || !documents.TryFindByPassage(rows.Int64(0), out _)
            )
            {
                continue;
            }

            if (!segment.Holds(run))
            {
                found.Add($"The segment '{segment.Path}' does not hold the embeddings that the catalog expects in it.");
                continue;
            }

            var passages = Math.Min(run.Passages, rows.Int32(1) - ordinal);
            if (passages > 0)
            {
                runs.Add(new PlacedRun(segment, run.FirstSlot, passages, rows.Int64(0) + ordinal));
            }
        }

        runs.Sort((left, right) => left.FirstPassage.CompareTo(right.FirstPassage));
        return new EmbeddingIndex(encoder, runs.ToArray(), found);
    }

    private ScoredPassage[] ScoreTokens(
        LateInteractionQuery query,
        IEnumerable<PlacedRun> runs,
        CancellationToken cancellation
    )
    {
        RequireWidth(query.Tokens == 0 ? Encoder.Dimensions : query.Dimensions);
        var binaryCodes = query.BinaryCodesOf(Encoder.Mean.Span);
        return Scan(
                (run, scores) => EmbeddingScorer.BinaryCodesOf(run, query, binaryCodes, scores),
                (embeddings, slots) => EmbeddingScorer.BinaryCodesOf(embeddings, slots, query, binaryCodes)
            )
            .Run(runs, cancellation);
    }

    private IEnumerable<PlacedRun> InScope(PassageScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return _runs.Where(run => scope.Contains(run.FirstPassage));
    }

    /// <summary>The parts of runs that hold these passages, neighbors together.</summary>
    private IEnumerable<PlacedRun> RunsOf(IReadOnlyList<long> passages)
    {
        for (var i = 0; i < passages.Count; )
        {
            var first = i++;
            if (RunOf(passages[first]) is { } run)
            {
                var end = run.FirstPassage + run.Passages;
                while (i < passages.Count && passages[i] == passages[i - 1] + 1 && passages[i] < end)
                {
                    i++;
                }

                yield return run.Slice((int)(passages[first] - run.FirstPassage), i - first);
            }
        }
    }

    private PlacedRun? RunOf(long passage)
    {
        var low = 0;
        var high = _runs.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var run = _runs[middle];
            if (passage < run.FirstPassage)
            {
                high = middle - 1;
            }
            else if (passage >= run.FirstPassage + run.Passages)
            {
                low = middle + 1;
            }
            else
            {
                return run;
            }
        }

        return null;
    }

    private EmbeddingScan Scan(RunScorer here, DeviceScorer there) =>
        new(here, there, message => _damage.TryAdd(message, 0));

    private void RequireWidth(int query)
    {
        if (query != Encoder.Dimensions)
        {
            throw new ArgumentException(
                $"The query has {query} dimensions, the embeddings of encoder '{Encoder.Key}' have {Encoder.Dimensions}.",
                nameof(query)
            );
        }
    }
}
