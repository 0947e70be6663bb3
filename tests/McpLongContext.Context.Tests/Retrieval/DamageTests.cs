using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>Questions to a datastore of which a part is not what was written.</summary>
public sealed class DamageTests : IDisposable
{
    private const string Remedy = "Run 'mcp-long-context datastores verify sample --repair', then ingest again.";

    private readonly SampleDatastore _sample = new(
        ("a.txt", "Prose", "The harbour master rings the northern bell.\nNobody listens."),
        ("b.txt", "Prose", "The harbour master paints the southern door.\nEverybody looks.")
    );

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void A_damaged_passage_is_read_around_and_named_with_the_remedy()
    {
        Flip("the northern bell");

        var result = Ask("who is the harbour master?");

        Assert.All(result.Evidence, passage => Assert.DoesNotContain("northern", passage.Text));
        Assert.Equal("b.txt", result.Evidence[0].Path);
        Assert.Contains("A passage of a.txt is damaged and left out.", result.Notes);
        Assert.Contains(result.Notes, note => note.EndsWith(Remedy, StringComparison.Ordinal));
    }

    [Fact]
    public void Pages_go_on_behind_a_damaged_passage()
    {
        Flip("the northern bell");

        var first = Ask("who is the harbour master?", topK: 1);
        var second = Ask("who is the harbour master?", topK: 1, first.NextCursor);

        Assert.Single(first.Evidence);
        Assert.NotEqual(first.Evidence[0].Citation, second.Evidence[0].Citation);
    }

    [Fact]
    public void A_damaged_entry_costs_its_document_only_and_is_named()
    {
        Flip($"{SampleDatastore.WorkingDirectory}/a.txt");

        var result = Ask("who is the harbour master?");

        Assert.Equal(["b.txt"], result.Evidence.Select(passage => passage.Path).Distinct());
        Assert.Contains(result.Notes, note => note.Contains("is damaged; it was not searched"));
        Assert.Contains(result.Notes, note => note.EndsWith(Remedy, StringComparison.Ordinal));
    }

    [Fact]
    public void A_whole_datastore_has_no_such_notes() =>
        Assert.DoesNotContain(Ask("who is the harbour master?").Notes, note => note.Contains("damaged"));

    private QueryResult Ask(string question, int? topK = null, string? cursor = null)
    {
        using var datastore = _sample.OpenAgain();
        using var snapshot = datastore.Snapshot();
        var request = new QueryRequest
        {
            Question = question,
            Datastore = "sample",
            TopK = topK,
            Cursor = cursor,
        };
        return new SnapshotSearch(new DocumentPaths(SampleDatastore.WorkingDirectory), TimeProvider.System).Query(
            snapshot,
            request,
            encoder: null,
            TestContext.Current.CancellationToken
        );
    }

    /// <summary>Flips a bit in the last letter of a stored text, wherever the file has it.</summary>
    private void Flip(string text)
    {
        _sample.Datastore.Compact(TestContext.Current.CancellationToken);
        var file = Path.Combine(_sample.Datastore.Folder, "datastore.db");
        var bytes = File.ReadAllBytes(file);
        var pattern = System.Text.Encoding.UTF8.GetBytes(text);
        var found = 0;
        for (var at = bytes.AsSpan().IndexOf(pattern); at >= 0; )
        {
            bytes[at + pattern.Length - 1] ^= 1;
            found++;
            var next = bytes.AsSpan(at + pattern.Length).IndexOf(pattern);
            at = next < 0 ? -1 : at + pattern.Length + next;
        }

        Assert.True(found > 0);
        File.WriteAllBytes(file, bytes);
    }
}
