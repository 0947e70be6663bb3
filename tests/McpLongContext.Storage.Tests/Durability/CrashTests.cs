using System.Globalization;
using McpLongContext.Storage.Sources;
using McpLongContext.Storage.Tests.Embeddings;

namespace McpLongContext.Storage.Tests.Durability;

/// <summary>A process that writes is killed at random instants; what it had acknowledged is there afterwards.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Kills = 6;

    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_killed_writer_leaves_every_acknowledged_document_whole_and_no_half_one()
    {
        var token = TestContext.Current.CancellationToken;
        var random = new Random(1);
        using (var datastore = _home.Home.OpenOrCreate("crash"))
        {
            var trees = CrashWriter.Trees.Select(path => new StoredSource(path, IsComplete: true, IsWatched: false));
            datastore.ApplySources(new SourceChange { Sources = [.. trees] });
        }

        var acknowledged = -1;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var writer = CrashWriter.Start(_home.Root, acknowledged + 1);
            var line = await writer.StandardOutput.ReadLineAsync(token);
            await Task.Delay(random.Next(200), token);
            writer.Kill();
            for (; line is not null; line = await writer.StandardOutput.ReadLineAsync(token))
            {
                acknowledged = int.Parse(line, CultureInfo.InvariantCulture);
            }

            await writer.WaitForExitAsync(token);
            AssertWhole(acknowledged);
        }

        Assert.True(acknowledged >= Kills - 1);
    }

    private void AssertWhole(int acknowledged)
    {
        using var datastore = _home.Home.Open("crash");
        Assert.Empty(datastore.Verify(repair: false));
        using var snapshot = datastore.Snapshot();

        // One more may be stored whose acknowledgement did not get through any more.
        var numbers = Enumerable.Range(0, acknowledged + 1).ToList();
        var documents = numbers.Count + numbers.Count(CrashWriter.IsInFirstTree);
        Assert.InRange(snapshot.Documents.All.Count, documents, documents + 2);
        Assert.InRange(snapshot.Pending(StateSamples.Profile().Key).Count, 0, 1);
        foreach (var i in numbers)
        {
            Assert.Equal(
                CrashWriter.IsInFirstTree(i),
                snapshot.Documents.TryFind(CrashWriter.PathOf(i, tree: 0), out var first)
            );
            Assert.True(snapshot.Documents.TryFind(CrashWriter.PathOf(i, tree: 1), out var second));
            Assert.Equal(first?.FirstPassage ?? second.FirstPassage, second.FirstPassage);
            Assert.Equal(CrashWriter.TextOf(i), snapshot.Passages.TextOf(second));
        }
    }
}
