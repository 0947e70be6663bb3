using McpLongContext.Context.Contracts;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Ingestion;

/// <summary>The reports of a running ingest, in a home without an encoder.</summary>
public sealed class IngestProgressTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private LongContextService _service = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _folder.Write("source/a.md", "# Harbour\n\nThe harbour opens at dawn.\n");
        _folder.Write("source/b.md", "# Keeper\n\nThe keeper wrote everything down.\n");
        _service = Service();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Documents_without_hidden_states_are_pending_from_the_first_report_to_the_last()
    {
        var reports = new Reports();

        var last = await _service.IngestAsync(Request(), reports, Cancellation);

        Assert.Equal(IngestState.LexicalOnly, last.State);
        Assert.Equal(2, last.PendingDocuments);
        Assert.All(reports.All.Where(report => report.Added == 2), report => Assert.Equal(2, report.PendingDocuments));
        Assert.Contains(reports.All, report => report.State == IngestState.Encoding);
        var note = Assert.Single(last.Notes);
        Assert.Equal(
            "Lexical (BM25) search only: no encoder is installed: run `mcp-long-context models install`, then ingest again.",
            note
        );
    }

    [Fact]
    public async Task Many_files_are_stored_and_reported_in_batches()
    {
        for (var i = 0; i < 600; i++)
        {
            _folder.Write($"source/{i}.txt", $"Text {i}.\n");
            _folder.Write($"source/{i}.empty", "");
        }

        var reports = new Reports();
        var last = await _service.IngestAsync(Request(), reports, Cancellation);

        Assert.Equal((602, 600), (last.Added, last.SkippedCount));
        Assert.Contains(reports.All, report => report.SkippedCount is > 0 and < 600 && report.Added < 602);
        Assert.All(reports.All, report => Assert.Equal(0, report.Removed));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(24 * 60 * 60, true)]
    [InlineData((24 * 60 * 60) + 1, false)]
    public async Task A_call_waits_for_a_day_at_most(int seconds, bool isTaken)
    {
        var request = Request() with { Wait = TimeSpan.FromSeconds(seconds) };
        var error = await Record.ExceptionAsync(() => _service.IngestAsync(request, null, Cancellation));
        Assert.Equal(isTaken, error is null);
        Assert.True(isTaken || error!.Message.StartsWith("wait_seconds: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_named_file_that_is_skipped_beside_one_that_is_not_is_reported()
    {
        _folder.Write("source/empty.txt", "");
        var request = Request() with { Paths = ["a.md", "empty.txt"] };
        var report = await _service.IngestAsync(request, null, Cancellation);
        Assert.Equal((1, 1), (report.Added, report.SkippedCount));
    }

    [Fact]
    public async Task A_path_needs_no_name_and_nothing_is_no_path()
    {
        var named = Request() with { Name = "a.md" };
        var error = await Assert.ThrowsAsync<ContextException>(() => _service.IngestAsync(named, null, Cancellation));
        Assert.StartsWith("name: goes with text", error.Message);
        var nothing = Request() with { Paths = [] };
        error = await Assert.ThrowsAsync<ContextException>(() => _service.IngestAsync(nothing, null, Cancellation));
        Assert.StartsWith("path: missing", error.Message);
    }

    [Fact]
    public async Task A_query_while_files_are_read_says_that_the_result_is_partial()
    {
        using var reports = new HeldReports();
        var ingest = Task.Run(() => _service.IngestAsync(Request(), reports, Cancellation), Cancellation);
        await reports.Reading.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        var early = await AskAsync();
        reports.Release();
        await ingest;
        var late = await AskAsync();

        Assert.Contains(early.Notes, note => note.Contains("still reading files"));
        Assert.DoesNotContain(late.Notes, note => note.Contains("still reading files"));
        Assert.Equal("a.md", late.Evidence[0].Path);
    }

    [Fact]
    public async Task A_query_knows_that_another_process_reads_files()
    {
        await _service.IngestAsync(Request(), null, Cancellation);
        await using var other = Service();
        _folder.Write("source/c.md", "# Bell\n\nThe bell was rung in fog.\n");
        using var reports = new HeldReports();
        var ingest = Task.Run(() => other.IngestAsync(Request(), reports, Cancellation), Cancellation);
        await reports.Reading.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        var early = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync()));
        reports.Release();
        await ingest;
        var late = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync()));

        Assert.All(early, answer => Assert.Contains(answer.Notes, IsAboutAnotherProcess));
        Assert.All(late, answer => Assert.DoesNotContain(answer.Notes, IsAboutAnotherProcess));

        static bool IsAboutAnotherProcess(string note) => note.Contains("Another process is still reading files");
    }

    [Fact]
    public async Task A_process_that_died_while_it_read_files_is_not_waited_for()
    {
        await _service.IngestAsync(Request(), null, Cancellation);
        var folder = Directory.GetDirectories(_folder.Path, "default", SearchOption.AllDirectories).Single();
        var left = Path.Combine(folder, "indexing-ingest-00000000.lock");
        await File.WriteAllTextAsync(left, "", Cancellation);

        Assert.DoesNotContain((await AskAsync()).Notes, note => note.Contains("still reading files"));
        await _service.IngestAsync(Request(), null, Cancellation);

        Assert.False(File.Exists(left));
    }

    [Theory]
    [InlineData("empty.txt", "", "empty")]
    [InlineData("program.txt", "\u007fELF\u0002\u0001\0\0\0\0\0\0\0\u0003", "binary")]
    [InlineData(".env", "KEY=1", "named like a secret")]
    public async Task A_named_file_that_cannot_be_ingested_is_an_error_with_its_reason(
        string name,
        string content,
        string reason
    )
    {
        _folder.Write($"source/{name}", content);
        await _service.IngestAsync(Request(), null, Cancellation);

        var error = await Assert.ThrowsAsync<ContextException>(() =>
            _service.IngestAsync(new IngestRequest { Paths = [name], Wait = null }, null, Cancellation)
        );

        Assert.StartsWith($"path: '{name}' was not ingested: {reason}", error.Message);
        Assert.Equal(2, _service.ListDatastores().Single().Documents);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    public async Task What_is_no_path_neither_ingests_nor_removes_anything(string path)
    {
        await _service.IngestAsync(Request(), null, Cancellation);

        var ingest = await Assert.ThrowsAsync<ContextException>(() =>
            _service.IngestAsync(new IngestRequest { Paths = [path], Wait = null }, null, Cancellation)
        );
        var remove = await Assert.ThrowsAsync<ContextException>(() =>
            _service.RemoveDocumentAsync("default", path, Cancellation)
        );

        Assert.StartsWith("path: '", ingest.Message);
        Assert.StartsWith("document: '", remove.Message);
        Assert.Throws<ContextException>(() => _service.ReadDocument("default", path, null, null));
        Assert.Equal(2, _service.ListDatastores().Single().Documents);
    }

    private static IngestRequest Request() => new() { Paths = ["."], Wait = null };

    private Task<QueryResult> AskAsync() =>
        _service.QueryAsync(new QueryRequest { Question = "When does the harbour open?" }, Cancellation);

    private sealed class Reports : IProgress<IngestReport>
    {
        public List<IngestReport> All { get; } = [];

        public void Report(IngestReport value) => All.Add(value);
    }

    /// <summary>Locks hold between services as between processes.</summary>
    private LongContextService Service() =>
        new(
            new LongContextOptions
            {
                Home = Path.Combine(_folder.Path, "home"),
                WorkingDirectory = Path.Combine(_folder.Path, "source"),
                AllowedRoots = [_folder.Path],
                InstallDefaultEncoder = false,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    /// <summary>Holds the job at its first report, while files are read.</summary>
    private sealed class HeldReports : IProgress<IngestReport>, IDisposable
    {
        private readonly ManualResetEventSlim _released = new();
        private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reading => _reading.Task;

        public void Report(IngestReport value)
        {
            _reading.TrySetResult();
            _released.Wait(Cancellation);
        }

        public void Release() => _released.Set();

        public void Dispose() => _released.Dispose();
    }
}
