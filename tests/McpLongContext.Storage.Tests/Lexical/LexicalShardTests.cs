using System.Globalization;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Lexical;

/// <summary>Shards that are told the statistics of the collection score as one datastore with all passages.</summary>
public sealed class LexicalShardTests : IDisposable
{
    private const int Shards = 3;
    private const int Documents = 90;
    private const int First = 1;

    /// <summary>Frequent words, rare ones, a compound, a hash that a question shortens, and none.</summary>
    private static readonly string[] s_terms =
    [
        "w0",
        "w1",
        "w7",
        "w40",
        "websocket",
        "deadbeefdeadbeefdeadbeef",
        "deadbeefdead",
        "absent",
    ];

    private readonly TemporaryHome _home = new();
    private readonly Datastore _whole;
    private readonly Datastore[] _shards;

    public LexicalShardTests()
    {
        _whole = _home.Home.OpenOrCreate("whole");
        _shards = [.. Enumerable.Range(0, Shards).Select(shard => _home.Home.OpenOrCreate($"shard-{shard}"))];
        var random = new Random(7420);
        var next = (long)First;
        for (var i = 0; i < Documents; i++)
        {
            string[] texts = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Text(random))];
            var document = Document($"folder/{i}.txt", texts) with { FirstPassage = next };
            next += texts.Length;
            _whole.Apply(Put(document));
            _shards[random.Next(Shards)].Apply(Put(document));
        }
    }

    public void Dispose()
    {
        _whole.Dispose();
        foreach (var shard in _shards)
        {
            shard.Dispose();
        }

        _home.Dispose();
    }

    [Fact]
    public void Statistics_add_up()
    {
        using var whole = _whole.Snapshot();

        Assert.Equal(whole.Shard.Statistics, Sum());
        Assert.Equal(whole.Documents.PassageCount, whole.Shard.Statistics.Rows);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(int.MaxValue)]
    public void Scores_are_equal_to_the_last_bit(int limit)
    {
        using var whole = _whole.Snapshot();
        var expected = whole.Lexical.Search(
            s_terms.Select(term => new WeightedTerm(term)),
            PassageScope.All,
            limit,
            new ColumnWeights()
        );

        var found = Search(limit);

        Assert.NotEmpty(expected);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Passages_with_all_terms_are_ranked_as_the_index_ranks_them()
    {
        const int Best = 20;
        using var whole = _whole.Snapshot();
        string[] expressions = ["body : \"w1\"", "body : \"w0\""];
        var collection = Sum();
        DatastoreSnapshot[] snapshots = [.. _shards.Select(shard => shard.Snapshot())];
        var terms = expressions
            .Select(one => (one, snapshots.Sum(shard => shard.Shard.Count(one))))
            .OrderBy(term => term.Item2)
            .ToList();

        var found = snapshots
            .SelectMany(shard => shard.Shard.RankAll(terms, collection, PassageScope.All, Best))
            .OrderByDescending(one => one.Score)
            .ThenBy(one => one.Passage)
            .Take(Best)
            .ToList();

        Assert.Equal(Best, found.Count);
        Assert.Equal(whole.Shard.RankAll(terms, collection, PassageScope.All, Best), found);
        Assert.Equal(whole.Exact.Ranked("w1 w0").Take(Best), found.Select(one => one.Passage));
    }

    [Fact]
    public void Numbers_are_kept_and_never_given_twice()
    {
        using var whole = _whole.Snapshot();
        var passages = new List<(string Path, long First)>();
        foreach (var shard in _shards)
        {
            using var snapshot = shard.Snapshot();
            passages.AddRange(snapshot.Documents.All.Select(document => (document.Path, document.FirstPassage)));
        }

        Assert.Equal(
            whole.Documents.All.Select(document => (document.Path, document.FirstPassage)).Order(),
            passages.Order()
        );
        Assert.All(_shards, shard => Assert.Throws<DatastoreException>(() => shard.Apply(Again(shard))));
    }

    /// <summary>A document under the numbers of another one.</summary>
    private static CatalogChange Again(Datastore shard)
    {
        using var snapshot = shard.Snapshot();
        return Put(Document("again.txt", "text") with { FirstPassage = snapshot.Documents.All[0].FirstPassage });
    }

    private static string Text(Random random)
    {
        var words = Enumerable
            .Range(0, random.Next(3, 60))
            .Select(_ => "w" + ((int)(50 * Math.Pow(random.NextDouble(), 3))).ToString(CultureInfo.InvariantCulture));
        var more = random.Next(12) switch
        {
            0 => " WebSocket",
            1 => " web socket",
            2 => " deadbeefdeadbeefdeadbeef",
            _ => "",
        };
        return string.Join(' ', words) + more + "\n";
    }

    private CollectionStatistics Sum() => _shards.Select(StatisticsOf).Aggregate((sum, one) => sum + one);

    private static CollectionStatistics StatisticsOf(Datastore shard)
    {
        using var snapshot = shard.Snapshot();
        return snapshot.Shard.Statistics;
    }

    private List<ScoredPassage> Search(int limit)
    {
        DatastoreSnapshot[] snapshots = [.. _shards.Select(shard => shard.Snapshot())];
        var collection = Sum();
        var frequencies = s_terms.ToDictionary(
            term => term,
            term => snapshots.Sum(shard => shard.Lexical.DocumentFrequency(term))
        );
        var terms = new CollectionTerms(collection, frequencies);
        var (hashes, expressions) = terms.ToCount(s_terms);
        var selected = terms.Select(
            s_terms,
            hashes
                .SelectMany(term => snapshots.SelectMany(shard => shard.Shard.HashesOf(term)), KeyValuePair.Create)
                .ToLookup(pair => pair.Key, pair => pair.Value),
            expressions.ToDictionary(one => one, one => snapshots.Sum(shard => shard.Shard.Count(one)))
        );
        List<ScoredPassage> found =
        [
            .. snapshots
                .SelectMany(shard =>
                    shard.Shard.Search(selected, collection, PassageScope.All, limit, new ColumnWeights())
                )
                .OrderByDescending(hit => hit.Score)
                .ThenBy(hit => hit.Passage)
                .Take(limit),
        ];
        foreach (var snapshot in snapshots)
        {
            snapshot.Dispose();
        }

        return found;
    }
}
