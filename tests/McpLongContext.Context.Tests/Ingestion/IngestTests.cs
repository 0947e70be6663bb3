using McpLongContext.Context.Contracts;
using McpLongContext.Storage;

namespace McpLongContext.Context.Tests.Ingestion;

/// <summary>Ingests through the service, over real files, with the real encoder.</summary>
public sealed class IngestTests : IAsyncLifetime
{
    private readonly DirectoryInfo _sandbox = Directory.CreateTempSubdirectory("ingest-");
    private LongContextService _service = null!;

    private string Source => Path.Combine(_sandbox.FullName, "source");

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Source);
        Write("src/Harbour.cs", "public class Harbour\n{\n    public void Open() { }\n}\n");
        Write("docs/guide.md", "# Guide\n\nThe harbour opens at dawn.\n");
        Write("notes.txt", "The keeper wrote everything down.\n");
        _service = TestService.Create(_sandbox.FullName, Source);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _sandbox.Delete(recursive: true);
    }

    [Fact]
    public async Task A_directory_is_stored_whole_with_its_hidden_states()
    {
        var report = await IngestAsync();

        Assert.Equal(IngestState.Complete, report.State);
        Assert.Equal((3, 0, 0, 0), (report.Added, report.Updated, report.Unchanged, report.Removed));
        Assert.True(report.EncodedTokens > 0);
        Assert.Equal(0, report.PendingDocuments);
        Assert.Equal(
            Directory.GetFiles(Source, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length),
            report.Bytes
        );
    }

    [Fact]
    public async Task A_second_ingest_of_the_same_tree_encodes_nothing()
    {
        await IngestAsync();

        var report = await IngestAsync();

        Assert.Equal((0, 0, 3, 0), (report.Added, report.Updated, report.Unchanged, report.Removed));
        Assert.Equal(0, report.EncodedTokens);
    }

    [Fact]
    public async Task Changed_new_and_deleted_files_are_told_apart()
    {
        await IngestAsync();
        Write("notes.txt", "The keeper wrote nothing down.\n");
        Write("more.txt", "A new page.\n");
        File.Delete(Path.Combine(Source, "docs/guide.md"));

        var report = await IngestAsync();

        Assert.Equal((1, 1, 1, 1), (report.Added, report.Updated, report.Unchanged, report.Removed));
    }

    [Fact]
    public async Task A_second_tree_is_stored_as_if_it_were_the_only_one_and_not_encoded_again()
    {
        const string Notebook = """
            {"cells": [{"cell_type": "markdown", "source": ["# Tides\n", "The harbour is deep."]},
            {"cell_type": "code", "source": ["def depth():\n", "    return 7"], "outputs": []}],
            "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
            """;
        var second = Path.Combine(Source, "second");
        Write("tides.ipynb", Notebook);
        await IngestAsync();
        var first = ContentsOf("default");
        foreach (var file in Directory.GetFiles(Source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(second, Path.GetRelativePath(Source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var report = await IngestAsync();
        var alone = new IngestRequest
        {
            Paths = ["second"],
            Datastore = "alone",
            Wait = null,
        };
        await _service.IngestAsync(alone, null, default);

        Assert.Equal((4, 4, 0L), (report.Added, report.Unchanged, report.EncodedTokens));
        Assert.Equal(ContentsOf("alone"), ContentsOf("default").Except(first));
    }

    [Fact]
    public async Task A_renamed_file_is_not_encoded_again()
    {
        await IngestAsync();
        File.Move(Path.Combine(Source, "notes.txt"), Path.Combine(Source, "diary.txt"));

        var report = await IngestAsync();

        Assert.Equal((0, 1, 0), (report.Added, report.Renamed, report.Removed));
        Assert.Equal(0, report.EncodedTokens);
    }

    [Fact]
    public async Task Ingesting_one_file_leaves_the_others_of_its_directory_alone()
    {
        await IngestAsync();

        var report = await IngestAsync(Path.Combine(Source, "notes.txt"));

        Assert.Equal((0, 1, 0), (report.Added, report.Unchanged, report.Removed));
    }

    [Fact]
    public async Task A_file_that_is_excluded_now_is_removed()
    {
        await IngestAsync();
        Write(".gitignore", "notes.txt\n");

        var report = await IngestAsync();

        Assert.Equal(1, report.Removed);
        Assert.Contains(report.Skipped, skipped => skipped.Path == "notes.txt");
    }

    [Fact]
    public async Task A_text_is_stored_under_its_name()
    {
        var request = new IngestRequest
        {
            Text = "Ben: The ship leaves on Friday.",
            Name = "calls/ben.txt",
            Wait = null,
        };

        var report = await _service.IngestAsync(request, null, TestContext.Current.CancellationToken);

        Assert.Equal((1, IngestState.Complete), (report.Added, report.State));
    }

    [Fact]
    public async Task A_path_that_does_not_exist_creates_no_datastore()
    {
        var error = await Assert.ThrowsAsync<ContextException>(() => IngestAsync(Path.Combine(Source, "nowhere")));

        Assert.Contains("nowhere", error.Message);
        Assert.False(Directory.Exists(Path.Combine(_sandbox.FullName, "home", "datastores", "default")));
    }

    [Theory]
    [InlineData(null, "some text", "name: missing")]
    [InlineData("../escape.txt", "some text", "name: '../escape.txt'")]
    [InlineData("/etc/notes.txt", "some text", "name: '/etc/notes.txt'")]
    [InlineData("empty.txt", "  \n", "text: empty")]
    public async Task An_unusable_text_is_refused_by_the_name_of_its_argument(
        string? name,
        string text,
        string expected
    )
    {
        var request = new IngestRequest { Text = text, Name = name };

        var error = await Assert.ThrowsAsync<ContextException>(() =>
            _service.IngestAsync(request, null, TestContext.Current.CancellationToken)
        );

        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public async Task Work_that_outlasts_the_wait_goes_on_behind_its_handle()
    {
        var request = new IngestRequest { Paths = [Source], Wait = TimeSpan.Zero };

        var early = await _service.IngestAsync(request, null, TestContext.Current.CancellationToken);
        var final = await _service.WaitAsync(early.Job, wait: null, null, TestContext.Current.CancellationToken);

        Assert.Equal(IngestState.Complete, final.State);
        Assert.Equal(3, final.Added);
    }

    [Fact]
    public async Task An_unknown_job_names_the_known_ones()
    {
        var report = await IngestAsync();

        var error = Assert.Throws<ContextException>(() => _service.Jobs("ingest-none"));

        Assert.Contains(report.Job, error.Message);
    }

    [Fact]
    public async Task A_vanished_path_that_is_named_again_leaves_the_datastore_and_the_report_says_so()
    {
        await IngestAsync();
        File.Delete(Path.Combine(Source, "notes.txt"));
        Directory.Delete(Path.Combine(Source, "docs"), recursive: true);

        var file = await IngestAsync(Path.Combine(Source, "notes.txt"));
        var folder = await IngestAsync(Path.Combine(Source, "docs"));

        Assert.Equal((1, 1), (file.Removed, folder.Removed));
        Assert.Contains("Nothing exists at notes.txt any more", Assert.Single(file.Notes), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ContextException>(() => IngestAsync(Path.Combine(Source, "notes.txt")));
        Assert.Contains("check its spelling", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_one_long_line_is_cited_by_its_columns_and_read_by_them()
    {
        var records = string.Join(
            ", ",
            Enumerable.Range(1, 900).Select(i => $"{{\"ring\": {i}, \"𝄞\": \"dunlin {i * 7}\"}}")
        );
        Write("rings.json", $"[{records}]");
        await IngestAsync();

        var result = await _service.QueryAsync(
            new QueryRequest { Question = "dunlin 4207", TopK = 1 },
            TestContext.Current.CancellationToken
        );

        var evidence = Assert.Single(result.Evidence);
        Assert.Equal($"rings.json:1:{evidence.StartColumn}-{evidence.EndColumn}", evidence.Citation);
        Assert.Contains("dunlin 4207", evidence.Text, StringComparison.Ordinal);
        Assert.Equal(
            evidence.Text,
            _service
                .ReadDocument("default", "rings.json", 1, 1, (evidence.StartColumn!.Value, evidence.EndColumn!.Value))
                .Text
        );
        Assert.Throws<ContextException>(() => _service.ReadDocument("default", "rings.json", 1, 1, (999_999, 999_999)));
    }

    [Fact]
    public async Task Evidence_says_where_the_encoding_of_its_text_is_not_certain()
    {
        await File.WriteAllBytesAsync(
            Path.Combine(Source, "old.txt"),
            [.. "The dunlin mo"u8, 0xBE, .. "nosti\n"u8],
            TestContext.Current.CancellationToken
        );

        var report = await IngestAsync();
        var result = await _service.QueryAsync(
            new QueryRequest { Question = "dunlin", TopK = 1 },
            TestContext.Current.CancellationToken
        );

        Assert.Contains("old.txt", Assert.Single(report.Notes), StringComparison.Ordinal);
        Assert.Contains("encoding not certain", Assert.Single(result.Evidence).Context, StringComparison.Ordinal);
    }

    private Task<IngestReport> IngestAsync(string? path = null) =>
        _service.IngestAsync(
            new IngestRequest { Paths = [path ?? Source], Wait = null },
            null,
            TestContext.Current.CancellationToken
        );

    /// <summary>The passages of a datastore with their documents and symbols, a line each, in order.</summary>
    private List<string> ContentsOf(string datastore)
    {
        using var store = new DatastoreHome(Path.Combine(_sandbox.FullName, "home")).Open(datastore);
        using var snapshot = store.Snapshot();
        return
        [
            .. from document in snapshot.Documents.All
            from passage in snapshot.Passages.Of(document)
            let symbols = snapshot.Symbols.Between(passage.Id, passage.Id).Select(symbol => symbol.Name)
            select $"{document.Path} {document.Kind} {document.LineCount} {passage.StartLine}-{passage.EndLine} "
                + $"{passage.Text} ({passage.Context}) [{string.Join(' ', symbols)}]",
        ];
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(Source, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
