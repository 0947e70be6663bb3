using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Tests.Embeddings;
using McpLongContext.Storage.Tests.Keys;
using McpLongContext.Tests.Shared;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Durability;

/// <summary>
/// Files of a datastore, damaged in any way: they are read, or refused by name, in bounded time and memory; what is
/// read was stored.
/// </summary>
public sealed class MutatedFilesTests : IDisposable
{
    private const int Documents = 12;
    private const int Count = 40;

    private readonly TemporaryHome _home = new();
    private readonly EmbeddingProfile _profile = StateSamples.Profile();
    private readonly EmbeddingProfile _keys = KeySamples.Profile();

    public MutatedFilesTests()
    {
        using var datastore = _home.Home.OpenOrCreate("whole");
        for (var i = 0; i < Documents; i++)
        {
            datastore.Apply(Put(Original(i)));
            StateSamples.Encode(datastore, _profile, Original(i).ContentKey, 3, 2, i);
            KeySamples.Encode(datastore, _keys, Original(i).ContentKey, [2, 0, 3], i);
        }

        // While it is open, there is a log.
        Copy(Path.Combine(_home.Root, "datastores", "whole"), Path.Combine(_home.Root, "logged"));
        datastore.Compact();
        Copy(Path.Combine(_home.Root, "datastores", "whole"), Path.Combine(_home.Root, "compact"));
    }

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("compact", "datastore.db")]
    [InlineData("logged", "datastore.db")]
    [InlineData("logged", "datastore.db-wal")]
    [InlineData("logged", "datastore.db-shm")]
    public void A_mutated_database_is_refused_or_gives_what_was_stored(string source, string file) =>
        ReadMutants(source, file, (path, mutant) => File.WriteAllBytes(path, mutant));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mutated_segment_is_refused_or_gives_what_was_stored(bool hasKeys) =>
        ReadMutants("compact", SegmentOf(hasKeys), (path, mutant) => File.WriteAllBytes(path, mutant));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_segment_that_lies_under_right_checksums_is_refused_or_read_within_its_bounds(bool hasKeys)
    {
        var magic = MagicOf(hasKeys).ToArray();
        ReadMutants(
            "compact",
            SegmentOf(hasKeys),
            (path, mutant) =>
            {
                var body = mutant[..Math.Min(mutant.Length, (int)BodyBytes(File.ReadAllBytes(path)))];
                var written = SegmentFile.Write(_home.Root, magic, file => file.Append(body));
                File.Move(Path.Combine(_home.Root, written), path, overwrite: true);
            }
        );
    }

    private static ReadOnlySpan<byte> MagicOf(bool hasKeys) =>
        hasKeys ? KeySegmentLayout.FileMagic : EmbeddingSegmentLayout.FileMagic;

    /// <summary>The segment of a kind, relative to the datastore.</summary>
    private string SegmentOf(bool hasKeys)
    {
        var folder = Path.Combine(_home.Root, "compact");
        var file = Directory
            .GetFiles(Path.Combine(folder, "states"), "*.seg")
            .Single(path => File.ReadAllBytes(path).AsSpan().StartsWith(MagicOf(hasKeys)));
        return Path.GetRelativePath(folder, file);
    }

    private static long BodyBytes(byte[] segment) =>
        segment.Length
        - SegmentPages.TrailerBytes
        - (sizeof(uint) * ((segment.Length / (SegmentPages.PageBytes + sizeof(uint))) + 1));

    private static NewDocument Original(int i) =>
        Document($"{i:D3}.txt", $"document {i} first\n", $"document {i} passage 7\n", $"document {i} last\n");

    private void ReadMutants(string source, string file, Action<string, byte[]> write)
    {
        var whole = Path.Combine(_home.Root, source);
        var mutated = Path.Combine(_home.Root, "datastores", "mutated");
        var refused = Mutants.Read(
            [File.ReadAllBytes(Path.Combine(whole, file))],
            mutant =>
            {
                if (Directory.Exists(mutated))
                {
                    Directory.Delete(mutated, recursive: true);
                }

                Copy(whole, mutated);
                write(Path.Combine(mutated, file), mutant);
                using var datastore = _home.Home.Open("mutated");
                AssertRight(datastore);
                datastore.Verify(repair: true, TestContext.Current.CancellationToken);
                AssertRight(datastore);
                datastore.Compact(TestContext.Current.CancellationToken);
            },
            error => error is DatastoreException && error.Message.Contains("mutated", StringComparison.Ordinal),
            Count
        );
        TestContext.Current.SendDiagnosticMessage($"{file}: {refused} of {Scale.Of(Count)} mutants refused");
    }

    private void AssertRight(Datastore datastore)
    {
        using var snapshot = datastore.Snapshot();
        var hits = snapshot.Lexical.Search(
            [new WeightedTerm("passag"), new WeightedTerm("7")],
            PassageScope.All,
            int.MaxValue,
            new ColumnWeights()
        );
        foreach (var hit in hits)
        {
            if (
                snapshot.Documents.TryFindByPassage(hit.Passage, out var document)
                && snapshot.Passages.TryGet(hit.Passage, out var passage)
            )
            {
                var original = Original(int.Parse(document.Path[..3], null));
                var ordinal = (int)(hit.Passage - document.FirstPassage);
                Assert.Equal(
                    original.Passages[ordinal],
                    new NewPassage(passage.StartLine, passage.EndLine, passage.Text)
                );
            }
        }

        if (snapshot.Embeddings(_profile.Key) is { } embeddings)
        {
            var query = new LateInteractionQuery(new float[StateSamples.Width], [1]);
            var near = embeddings.ScoreTokens(query, PassageScope.All);
            embeddings.ScorePooled(new float[StateSamples.Width], PassageScope.All);
            embeddings.Rescore(query, [.. near.Select(one => one.Passage)]);
            snapshot.Pending(_profile.Key);
        }

        foreach (var document in snapshot.Keys(_keys.Key)?.Documents ?? [])
        {
            KeySamples.Ids(document);
            KeySamples.Codes(document, KeySamples.Planes - 1);
        }
    }

    private static void Copy(string source, string target)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
