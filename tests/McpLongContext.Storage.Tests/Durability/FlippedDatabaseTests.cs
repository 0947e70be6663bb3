using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using McpLongContext.Tests.Shared;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Durability;

/// <summary>A byte of the database flipped, at many places: detected, or harmless, and never a wrong citation.</summary>
public sealed class FlippedDatabaseTests : IDisposable
{
    private const int Samples = 250;
    private const int Documents = 30;

    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_flipped_byte_never_makes_a_wrong_citation_nor_an_unreadable_error()
    {
        var whole = Path.Combine(_home.Root, "datastores", "whole");
        var flipped = Path.Combine(_home.Root, "datastores", "flipped");
        using (var datastore = _home.Home.OpenOrCreate("whole"))
        {
            datastore.Apply(Put(Enumerable.Range(0, Documents).Select(Original).ToArray()));
            datastore.Compact();
        }

        var bytes = File.ReadAllBytes(Path.Combine(whole, "datastore.db"));
        var random = new Random(11);
        for (var sample = 0; sample < Scale.Of(Samples); sample++)
        {
            var damaged = (byte[])bytes.Clone();
            var at = random.Next(bytes.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            Directory.CreateDirectory(flipped);
            File.WriteAllBytes(Path.Combine(flipped, "datastore.db"), damaged);
            try
            {
                using var datastore = _home.Home.Open("flipped");
                AssertCitationsAreRight(datastore, at);
                datastore.Verify(repair: true);
                AssertCitationsAreRight(datastore, at);
            }
            catch (DatastoreException e)
            {
                Assert.Contains(flipped, e.Message, StringComparison.Ordinal);
            }

            Directory.Delete(flipped, recursive: true);
        }
    }

    private static NewDocument Original(int i) =>
        Document($"{i:D3}.txt", Enumerable.Range(0, 5).Select(p => $"document {i} passage {p} \n").ToArray());

    private static void AssertCitationsAreRight(Datastore datastore, int at)
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
                var line = (int)(hit.Passage - document.FirstPassage) + 1;
                var original = Original(int.Parse(document.Path[..3], null));
                Assert.True(
                    original.Passages[line - 1] == new NewPassage(passage.StartLine, passage.EndLine, passage.Text),
                    $"byte {at}: {document.Path}:{passage.StartLine}-{passage.EndLine} '{passage.Text}'"
                );
            }
        }
    }
}
