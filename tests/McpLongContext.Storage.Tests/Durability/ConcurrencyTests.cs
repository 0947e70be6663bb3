using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Durability;

/// <summary>
/// Several datastore objects on one folder, as several processes have them: they share nothing but the files.
/// </summary>
public sealed class ConcurrencyTests : IDisposable
{
    private const int Writers = 3;
    private const int Documents = 12;

    private readonly TemporaryHome _home = new();
    private readonly EmbeddingProfile _profile = StateSamples.Profile();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Writers_readers_and_a_compaction_on_one_datastore_lose_and_mix_up_nothing()
    {
        _home.Home.OpenOrCreate("shared").Dispose();
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var writers = Enumerable.Range(0, Writers).Select(i => Start(() => Write(i))).ToArray();
        Task[] others =
        [
            Start(() => Read(writing.Token)),
            Start(() => Read(writing.Token)),
            Start(() => Compact(writing.Token)),
        ];
        await Task.WhenAll(writers);
        await writing.CancelAsync();
        await Task.WhenAll(others);

        using var datastore = _home.Home.Open("shared");
        Assert.Empty(datastore.Verify(repair: false));
        using var snapshot = datastore.Snapshot();
        Assert.Equal(Writers * Documents * 2 / 3, snapshot.Documents.All.Count);
        Assert.Empty(snapshot.Pending(_profile.Key));
        AssertWhole(snapshot);

        static Task Start(Action work) => Task.Run(work, TestContext.Current.CancellationToken);
    }

    /// <summary>Puts documents, replaces them, removes every third.</summary>
    private void Write(int writer)
    {
        using var datastore = _home.Home.Open("shared");
        for (var i = 0; i < Documents; i++)
        {
            var path = $"{writer}/{i}";
            datastore.Apply(Put(Document(path, "draft")));
            var final = Document(path, $"{path} first ", $"{path} second ", $"{path} third");
            datastore.Apply(Put(final));
            StateSamples.Encode(datastore, _profile, final.ContentKey, 3, 2, i);
            if (i % 3 == 2)
            {
                datastore.Apply(Remove(path));
            }
        }
    }

    private void Read(CancellationToken writing)
    {
        using var datastore = _home.Home.Open("shared");
        do
        {
            using var snapshot = datastore.Snapshot();
            AssertWhole(snapshot);
        } while (!writing.IsCancellationRequested);
    }

    private void Compact(CancellationToken writing)
    {
        using var datastore = _home.Home.Open("shared");
        do
        {
            try
            {
                datastore.Compact(TestContext.Current.CancellationToken);
            }
            catch (DatastoreBusyException)
            {
                // A writer merges its segments just now.
            }
        } while (!writing.IsCancellationRequested);
    }

    /// <summary>Every document is in one of its two versions, indexed as such, and its embeddings belong to it.</summary>
    private void AssertWhole(DatastoreSnapshot snapshot)
    {
        var embeddings = snapshot.Embeddings(_profile.Key);
        foreach (var document in snapshot.Documents.All)
        {
            var text = snapshot.Passages.TextOf(document);
            Assert.Contains(
                text,
                new[] { "draft", $"{document.Path} first {document.Path} second {document.Path} third" }
            );
        }

        var finals = snapshot.Documents.All.Count(document => document.PassageCount == 3);
        Assert.Equal(finals, snapshot.Lexical.DocumentFrequency("second"));
        if (embeddings is not null)
        {
            Assert.Empty(embeddings.Damage);
            var scores = embeddings.ScoreTokens(
                new LateInteractionQuery(new float[StateSamples.Width], [1]),
                PassageScope.All,
                TestContext.Current.CancellationToken
            );
            Assert.All(scores, score => Assert.Equal(3, snapshot.Documents.OfPassage(score.Passage).PassageCount));
        }
    }
}
