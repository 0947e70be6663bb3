using McpLongContext.Kernels.Gpu.Tests;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Embeddings;

public sealed class DeviceSearchTests : IDisposable
{
    private const int TokensPerPassage = 5;

    private static readonly NewDocument[] s_documents =
    [
        Document("a", Enumerable.Range(0, 70).Select(i => $"text {i}").ToArray()),
        Document("b", "1", "2", "3"),
    ];

    private readonly TemporaryHome _home = new();
    private readonly EmbeddingProfile _profile = StateSamples.Profile();
    private readonly LateInteractionQuery _query;
    private readonly float[] _vector;

    public DeviceSearchTests()
    {
        using var datastore = _home.Home.OpenOrCreate("test");
        datastore.Apply(Put(s_documents));
        StateSamples.Encode(datastore, _profile, s_documents[0].ContentKey, 70, TokensPerPassage, 5);
        StateSamples.Encode(datastore, _profile, s_documents[1].ContentKey, 3, TokensPerPassage, 6);
        _query = new LateInteractionQuery(StateSamples.Random(_profile, 3, 1), [1, 0.5f, 2]);
        _vector = StateSamples.Random(_profile, 1, 2);
    }

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(1 << 20)] // both segments
    [InlineData(3_000)] // one of them
    [InlineData(100)] // none
    public void A_search_on_a_device_finds_what_it_finds_here(long capacity)
    {
        using var devices = new TestDevices(capacity);
        var here = Search(null);

        var there = Search(devices);

        AreEqual(here, there);
        Assert.Equal(capacity >= 3_000, devices.Search.Status[0].Scans > 0);
        Assert.Equal(0, devices.Devices[0].Planes);
    }

    [Fact]
    public void A_query_of_no_tokens_scores_on_a_device_what_it_scores_here()
    {
        using var devices = new TestDevices(1 << 20);
        var nothing = new LateInteractionQuery([], []);
        using var here = _home.Home.Open("test");
        using var there = new DatastoreHome(_home.Root, devices: devices.Search).Open("test");
        using var expected = here.Snapshot();
        using var found = there.Snapshot();

        Assert.Equal(
            expected.Embeddings(_profile.Key)!.ScoreTokens(nothing, PassageScope.All),
            found.Embeddings(_profile.Key)!.ScoreTokens(nothing, PassageScope.All)
        );
        Assert.Equal(
            expected.Embeddings(_profile.Key)!.Rescore(nothing, [1, 2]),
            found.Embeddings(_profile.Key)!.Rescore(nothing, [1, 2])
        );
    }

    [Fact]
    public void A_device_that_is_lost_changes_nothing_found()
    {
        using var devices = new TestDevices(1 << 20);
        using var datastore = new DatastoreHome(_home.Root, devices: devices.Search).Open("test");
        var first = SearchIn(datastore);
        devices.Devices[0].TryScan<string>(() => throw new NotSupportedException("lost"));

        AreEqual(first, SearchIn(datastore));

        Assert.Single(devices.Warnings);
    }

    [Fact]
    public void Damage_is_found_and_named_beside_a_device_as_without_one()
    {
        var file = Directory
            .GetFiles(_home.Root, "*", SearchOption.AllDirectories)
            .MaxBy(path =>
                new FileInfo(path) is { Extension: not (".db" or ".db-wal" or ".db-shm") } segment ? segment.Length : 0
            )!;
        using (var stream = File.OpenWrite(file))
        {
            stream.Position = stream.Length / 2;
            stream.Write([1, 2, 3, 4]);
        }

        using var devices = new TestDevices(1 << 20);

        AreEqual(Search(null), Search(devices));
    }

    private static void AreEqual(Found expected, Found found)
    {
        Assert.Equal(expected.Damage, found.Damage);
        foreach (
            var (here, there) in new[]
            {
                (expected.Pooled, found.Pooled),
                (expected.Tokens, found.Tokens),
                (expected.Rescored, found.Rescored),
            }
        )
        {
            Assert.Equal(here.Select(one => one.Passage), there.Select(one => one.Passage));
            Assert.All(here.Zip(there), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 2e-4f));
        }
    }

    private Found Search(TestDevices? devices)
    {
        using var datastore = new DatastoreHome(_home.Root, devices: devices?.Search).Open("test");
        return SearchIn(datastore);
    }

    private Found SearchIn(Datastore datastore)
    {
        using var snapshot = datastore.Snapshot();
        var embeddings = snapshot.Embeddings(_profile.Key)!;
        long[] passages =
        [
            .. embeddings.ScorePooled(_vector, PassageScope.All).Select(one => one.Passage).Where(id => id % 3 != 0),
        ];
        var rescored = embeddings.Rescore(_query, passages);
        return new Found(
            embeddings.ScorePooled(_vector, PassageScope.All),
            embeddings.ScoreTokens(_query, PassageScope.All),
            [.. passages.Select((passage, i) => new ScoredPassage(passage, rescored[i]))],
            [.. embeddings.Damage.Order(StringComparer.Ordinal)]
        );
    }

    private sealed record Found(
        ScoredPassage[] Pooled,
        ScoredPassage[] Tokens,
        ScoredPassage[] Rescored,
        string[] Damage
    );
}
