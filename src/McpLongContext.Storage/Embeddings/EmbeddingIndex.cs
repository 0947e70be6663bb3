using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using McpLongContext.Kernels.Devices;
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
    /// <summary>Passages that one work item scans, so that cores share the work evenly.</summary>
    private const int PassagesPerItem = 512;

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
            InScope(scope),
            (run, scores) => EmbeddingScorer.Pooled(run, vector, scores),
            (embeddings, slots) => EmbeddingScorer.Pooled(embeddings, slots, Encoder, vector),
            cancellation
        );
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
    /// <remarks>The tokens are restored from their refined codes.</remarks>
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
        var items = new List<WorkItem>();
        for (var i = 0; i < passages.Count; i++)
        {
            if (RunOf(passages[i]) is { } run)
            {
                items.Add(new WorkItem(run.Slice((int)(passages[i] - run.FirstPassage), 1), i));
            }
        }

        Score(
            items,
            1,
            scores,
            (run, part) => EmbeddingScorer.ByResidualCodes(run, query, mean, part),
            (embeddings, slots) => EmbeddingScorer.ByResidualCodes(embeddings, slots, Encoder, query, mean),
            cancellation
        );
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
            return EmbeddingScorer.Similarities(
                run.Slice((int)(passage - run.FirstPassage), 1),
                query,
                Encoder.Mean.Span
            );
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
            runs,
            (run, scores) => EmbeddingScorer.BinaryCodesOf(run, query, binaryCodes, scores),
            (embeddings, slots) => embeddings.ScoreBinaryCodes(slots, binaryCodes, query.Weights.ToArray()),
            cancellation
        );
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

    private ScoredPassage[] Scan(
        IEnumerable<PlacedRun> runs,
        RunScorer score,
        DeviceScorer onDevice,
        CancellationToken cancellation
    )
    {
        var items = WorkItem.Split(runs, PassagesPerItem);
        var total = items.Count == 0 ? 0 : items[^1].FirstScore + items[^1].Run.Passages;
        var scores = new float[total];
        Score(items, PassagesPerItem, scores, score, onDevice, cancellation);
        var answer = new ScoredPassage[total];
        var known = 0;
        foreach (var item in items)
        {
            for (var i = 0; i < item.Run.Passages; i++)
            {
                if (!float.IsNaN(scores[item.FirstScore + i]))
                {
                    answer[known++] = new ScoredPassage(item.Run.FirstPassage + i, scores[item.FirstScore + i]);
                }
            }
        }

        return known == total ? answer : answer[..known];
    }

    /// <summary>Scores items, those of a segment that lies on a device there, beside the others here.</summary>
    private void Score(
        List<WorkItem> items,
        int batch,
        float[] scores,
        RunScorer score,
        DeviceScorer onDevice,
        CancellationToken cancellation
    )
    {
        var (here, onDevices) = WorkItem.Place(items);
        var work = onDevices
            .Select(one => (Action)(() => ScoreOnDevice(one.Key, one.Value, scores, score, onDevice)))
            .Concat(
                WorkItem
                    .Batches(here, batch)
                    .Select(range => (Action)(() => ScoreHere(CollectionsMarshal.AsSpan(here)[range], scores, score)))
            );
        Parallel.ForEach(
            Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { CancellationToken = cancellation },
            action => action()
        );
    }

    private void ScoreOnDevice(
        IDeviceEmbeddings embeddings,
        List<WorkItem> items,
        float[] scores,
        RunScorer score,
        DeviceScorer onDevice
    )
    {
        var slots = items.SelectMany(item => Enumerable.Range(item.Run.FirstSlot, item.Run.Passages)).ToArray();
        if (onDevice(embeddings, slots) is not { } scored)
        {
            ScoreHere(CollectionsMarshal.AsSpan(items), scores, score);
            return;
        }

        var from = 0;
        foreach (var item in items)
        {
            scored.AsSpan(from, item.Run.Passages).CopyTo(scores.AsSpan(item.FirstScore));
            from += item.Run.Passages;
        }
    }

    private void ScoreHere(ReadOnlySpan<WorkItem> items, float[] scores, RunScorer score)
    {
        foreach (var item in items)
        {
            Guarded(item.Run, scores.AsSpan(item.FirstScore, item.Run.Passages), score);
        }
    }

    /// <summary>Scores a run; where a page is damaged, passage by passage, so that only those on it are lost.</summary>
    private void Guarded(PlacedRun run, Span<float> scores, RunScorer score)
    {
        try
        {
            score(run, scores);
        }
        catch (DatastoreCorruptException e)
        {
            _damage.TryAdd(e.Message, 0);
            scores.Fill(float.NaN);
            for (var i = 0; i < run.Passages && run.Passages > 1; i++)
            {
                Guarded(run.Slice(i, 1), scores.Slice(i, 1), score);
            }
        }
    }

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

    /// <summary>A part of a run and where its scores go.</summary>
    private readonly record struct WorkItem(PlacedRun Run, int FirstScore)
    {
        public static List<WorkItem> Split(IEnumerable<PlacedRun> runs, int passages)
        {
            var items = new List<WorkItem>();
            var position = 0;
            foreach (var run in runs)
            {
                for (var first = 0; first < run.Passages; first += passages)
                {
                    var part = run.Slice(first, Math.Min(passages, run.Passages - first));
                    items.Add(new WorkItem(part, position));
                    position += part.Passages;
                }
            }

            return items;
        }

        /// <summary>Which items are computed here, and which on a device that holds their segment.</summary>
        public static (List<WorkItem> Here, Dictionary<IDeviceEmbeddings, List<WorkItem>> OnDevices) Place(
            List<WorkItem> items
        )
        {
            var onDevices = new Dictionary<IDeviceEmbeddings, List<WorkItem>>();
            var here = items.FindAll(item =>
            {
                if (item.Run.Segment.OnDevice is not { } embeddings)
                {
                    return true;
                }

                onDevices.TryAdd(embeddings, []);
                onDevices[embeddings].Add(item);
                return false;
            });
            return (here, onDevices);
        }

        /// <summary>Consecutive items that have about so many passages together, since many are small.</summary>
        public static IEnumerable<Range> Batches(List<WorkItem> items, int passages)
        {
            for (int first = 0, last = 0; first < items.Count; first = last)
            {
                var end = items[first].FirstScore + passages;
                while (last < items.Count && items[last].FirstScore < end)
                {
                    last++;
                }

                yield return first..last;
            }
        }
    }
}

/// <summary>Embeddings in a segment and the passages that they belong to.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="FirstSlot">The slot of the first passage.</param>
/// <param name="Passages">The number of passages.</param>
/// <param name="FirstPassage">The id of the first passage.</param>
internal readonly record struct PlacedRun(EmbeddingSegment Segment, int FirstSlot, int Passages, long FirstPassage)
{
    public PlacedRun Slice(int first, int passages) =>
        first == 0 && passages == Passages
            ? this
            : new PlacedRun(Segment, FirstSlot + first, passages, FirstPassage + first);
}

/// <summary>Scores the passages of a run, <c>scores[passages]</c>; NaN stands for no score.</summary>
internal delegate void RunScorer(PlacedRun run, Span<float> scores);

/// <summary>
/// Scores slots of a segment that a device holds, <c>[slots]</c>; <see langword="null"/> where the device fails.
/// </summary>
internal delegate float[]? DeviceScorer(IDeviceEmbeddings embeddings, int[] slots);
