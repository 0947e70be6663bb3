using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Freshness;
using McpLongContext.Context.Freshness.Git;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Freshness;

/// <summary>Cited lines are on disk at the moment of the query.</summary>
public sealed class FreshQueryTests : IAsyncLifetime
{
    private readonly DirectoryInfo _sandbox = Directory.CreateTempSubdirectory("fresh-");
    private LongContextService _service = null!;

    private string Source => Path.Combine(_sandbox.FullName, "source");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Source);
        Write("src/Harbour.cs", "public class Harbour\n{\n    public void Open() { }\n}\n");
        Write("docs/guide.md", "# Guide\n\nThe harbour opens at dawn.\n");
        Write("notes.txt", "The keeper wrote everything down.\n");
        _service = TestService.Create(_sandbox.FullName, Source, encodes: false);
        await IngestAsync(Source);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _sandbox.Delete(recursive: true);
    }

    [Fact]
    public async Task An_unchanged_tree_is_fresh()
    {
        var result = await AskAsync("keeper");

        Assert.True(result.Freshness!.Fresh);
        Assert.Equal(["notes.txt:1-1"], CitationsOf(result));
    }

    [Fact]
    public async Task A_changed_file_is_cited_as_it_is_now()
    {
        Write("notes.txt", "The pilot slept.\nNothing was written.\n");

        var result = await AskAsync("pilot");

        Assert.Equal(["notes.txt:1-2"], CitationsOf(result));
        Assert.DoesNotContain(
            (await AskAsync("keeper")).Evidence,
            item => item.Text.Contains("keeper", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_source_that_became_a_link_to_nothing_is_missing_and_the_others_answer()
    {
        var other = Path.Combine(Source, "other");
        Write("other/tower.txt", "The warden of the tower slept.\n");
        await IngestAsync(other);
        await IngestAsync(Source);
        Directory.Delete(other, recursive: true);
        File.CreateSymbolicLink(other, Path.Combine(_sandbox.FullName, "nowhere"));

        var result = await AskAsync("keeper");

        Assert.Equal(["notes.txt:1-1"], CitationsOf(result));
        Assert.Empty((await AskAsync("warden")).Evidence);
    }

    [Fact]
    public async Task A_folder_takes_the_place_of_a_file_and_gives_it_back()
    {
        var file = Path.Combine(Source, "notes.txt");
        File.Delete(file);
        Write("notes.txt/inner.txt", "The warden wakes.\n");

        Assert.Empty((await AskAsync("keeper")).Evidence);
        Assert.Equal(["notes.txt/inner.txt:1-1"], CitationsOf(await AskAsync("warden")));

        Directory.Delete(file, recursive: true);
        Write("notes.txt", "The keeper is back.\n");

        Assert.Equal(["notes.txt:1-1"], CitationsOf(await AskAsync("keeper")));
        Assert.Empty((await AskAsync("warden")).Evidence);
    }

    [Fact]
    public async Task A_query_whose_documents_are_all_gone_says_so()
    {
        Directory.Delete(Source, recursive: true);

        var result = await AskAsync("keeper");

        Assert.Empty(result.Evidence);
        Assert.Contains(result.Notes, note => note.Contains("left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_change_that_keeps_size_and_time_is_noticed()
    {
        var path = Path.Combine(Source, "notes.txt");
        var time = File.GetLastWriteTimeUtc(path);
        Write("notes.txt", "The packer wrote everything down.\n");
        File.SetLastWriteTimeUtc(path, time);

        Assert.Equal(["notes.txt:1-1"], CitationsOf(await AskAsync("packer")));
    }

    [Fact]
    public async Task A_new_file_in_a_new_folder_is_found()
    {
        Write("logs/2024/storm.md", "# Storm\n\nThe albatross returned.\n");

        Assert.StartsWith("logs/2024/storm.md:", Assert.Single(CitationsOf(await AskAsync("albatross"))));
    }

    [Fact]
    public async Task A_deleted_file_is_not_cited()
    {
        File.Delete(Path.Combine(Source, "notes.txt"));

        var result = await AskAsync("keeper");

        Assert.DoesNotContain(result.Evidence, item => item.Path == "notes.txt");
        Assert.True(result.Freshness!.Fresh);
        Assert.Equal(2, _service.ShowDatastore("default").Documents.Count);
    }

    [Fact]
    public async Task A_renamed_file_is_cited_by_its_new_name()
    {
        File.Move(Path.Combine(Source, "notes.txt"), Path.Combine(Source, "diary.txt"));

        Assert.Equal(["diary.txt:1-1"], CitationsOf(await AskAsync("keeper")));
    }

    [Fact]
    public async Task A_file_that_is_put_in_its_place_at_once_is_read_again()
    {
        Write("notes.tmp", "The pilot wrote everything down.\n");
        File.Move(Path.Combine(Source, "notes.tmp"), Path.Combine(Source, "notes.txt"), overwrite: true);

        Assert.Equal(["notes.txt:1-1"], CitationsOf(await AskAsync("pilot")));
    }

    [Fact]
    public async Task A_file_that_was_empty_is_found_when_it_is_written()
    {
        Write("later.txt", "");
        await AskAsync("keeper");
        Write("later.txt", "The albatross returned.\n");

        Assert.Equal(["later.txt:1-1"], CitationsOf(await AskAsync("albatross")));
    }

    [Fact]
    public async Task A_file_that_is_ignored_now_is_not_cited_until_it_is_not()
    {
        Write(".longcontextignore", "notes.txt\n");
        Assert.DoesNotContain((await AskAsync("keeper")).Evidence, item => item.Path == "notes.txt");

        Write(".longcontextignore", "# nothing\n");

        Assert.Contains((await AskAsync("keeper")).Evidence, item => item.Path == "notes.txt");
    }

    [Fact]
    public async Task A_removed_document_stays_removed_until_it_is_ingested_again()
    {
        await _service.RemoveDocumentAsync("default", "notes.txt", TestContext.Current.CancellationToken);
        Write("notes.txt", "The keeper wrote it again.\n");
        Write("other.txt", "Anything else.\n");
        Assert.DoesNotContain((await AskAsync("keeper")).Evidence, item => item.Path == "notes.txt");

        await IngestAsync(Source);

        Assert.Contains((await AskAsync("keeper")).Evidence, item => item.Path == "notes.txt");
    }

    [Fact]
    public async Task Documents_of_a_source_that_vanished_are_left_out_and_back_when_it_returns()
    {
        var elsewhere = Path.Combine(_sandbox.FullName, "elsewhere");
        Directory.Move(Source, elsewhere);
        var gone = await AskAsync("keeper");
        Directory.Move(elsewhere, Source);
        var back = await AskAsync("keeper");

        Assert.Empty(gone.Evidence);
        Assert.False(gone.Freshness!.Fresh);
        Assert.Single(gone.Freshness.Missing);
        Assert.Equal(["notes.txt:1-1"], CitationsOf(back));
        Assert.True(back.Freshness!.Fresh);
    }

    [Fact]
    public async Task Another_process_finds_the_files_of_this_one_unchanged()
    {
        await Task.Delay(50, TestContext.Current.CancellationToken);
        await AskAsync("keeper");
        await using var other = TestService.Create(_sandbox.FullName, Source, encodes: false);

        var result = await other.QueryAsync(Question("keeper"), TestContext.Current.CancellationToken);

        Assert.Equal((true, 0), (result.Freshness!.Fresh, result.Freshness.Refreshed));
    }

    [Fact]
    public async Task A_source_inside_another_is_followed_by_its_own_rules()
    {
        Write(".longcontextignore", "docs/\n");
        await AskAsync("harbour");
        await IngestAsync(Path.Combine(Source, "docs/guide.md"));
        Write("more.txt", "Nothing.\n");
        Write("docs/guide.md", "# Guide\n\nThe harbour opens at noon.\n");

        var result = await AskAsync("noon");

        Assert.StartsWith("docs/guide.md:", Assert.Single(CitationsOf(result)));
    }

    [Fact]
    public async Task Of_many_changed_files_those_that_the_question_needs_are_read_first()
    {
        const int Files = 600;
        WriteMany(Files, "weather");
        Write($"many/f{Files - 1}.txt", "The albatross returned.\n");

        var result = await AskAsync("albatross");

        Assert.Equal([$"many/f{Files - 1}.txt:1-1"], CitationsOf(result));
    }

    [Fact]
    public async Task Of_few_changed_files_a_query_waits_for_all_whatever_its_budget()
    {
        using var datastores = new DatastoreRegistry(new DatastoreHome(Path.Combine(_sandbox.FullName, "home")));
        var (roots, paths, time) = (new AllowedRoots(Source), new DocumentPaths(Source), TimeProvider.System);
        await using var monitor = new SourceMonitor(
            datastores.Open("default"),
            roots,
            narrowed => new Indexer(narrowed, paths, time),
            new GitTrees(roots, paths),
            time,
            NullLogger.Instance
        );
        Write("notes.txt", "The pilot slept.\n");
        await monitor.CompareAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, monitor.StaleCount);

        var stale = await monitor.RefreshAsync("weather", TimeSpan.Zero, TestContext.Current.CancellationToken);

        Assert.Empty(stale);
    }

    [Fact]
    public async Task Nothing_is_cited_as_it_was_however_many_files_changed()
    {
        const int Files = 300;
        WriteMany(Files, "fog");
        await _service.IngestAsync(
            new IngestRequest { Paths = [Source], Wait = TimeSpan.Zero },
            null,
            TestContext.Current.CancellationToken
        );
        while ((await AskAsync("fog")).Freshness is not { Fresh: true }) { }

        WriteMany(Files, "hail");
        var result = await _service.QueryAsync(
            new QueryRequest { Question = "text about fog or hail" },
            TestContext.Current.CancellationToken
        );

        Assert.Equal(result.Freshness!.StaleCount == 0, result.Freshness.Fresh);
        Assert.All(result.Evidence, item => Assert.DoesNotContain("fog", item.Text, StringComparison.Ordinal));
    }

    private void WriteMany(int files, string subject)
    {
        for (var i = 0; i < files; i++)
        {
            Write($"many/f{i}.txt", string.Concat(Enumerable.Repeat($"Text number {i} about {subject}.\n", 60)));
        }
    }

    private static IEnumerable<string> CitationsOf(QueryResult result) => result.Evidence.Select(item => item.Citation);

    private static QueryRequest Question(string question) => new() { Question = question, TopK = 1 };

    private Task<QueryResult> AskAsync(string question) =>
        _service.QueryAsync(Question(question), TestContext.Current.CancellationToken);

    private Task<IngestReport> IngestAsync(string path) =>
        _service.IngestAsync(
            new IngestRequest { Paths = [path], Wait = null },
            null,
            TestContext.Current.CancellationToken
        );

    private void Write(string relative, string content)
    {
        var path = Path.Combine(Source, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
