using McpLongContext.Context.Contracts;
using McpLongContext.Context.Memories.Unlimiformer;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Context.Tests.LongInference;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Memories;

/// <summary>A decoder's memory of a datastore, with stories15M made a chat model: what it writes is of no account.</summary>
public sealed class MemoryTests : IAsyncLifetime
{
    private static readonly QueryRequest s_request = new()
    {
        Question = "What did Lily see in the park?",
        Memory = MemoryKind.Unlimiformer,
    };

    private readonly TemporaryFolder _folder = new();
    private LongContextService _service = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await StoriesChat.InstallAsync(_folder["home/models"]);
        Write("tom.txt", 12, "Tom went to the shop.");
        Write("lily.txt", 12, "Lily saw a big red ball in the park.");
        _service = Create();
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_ingest_that_asks_for_it_builds_the_memory_and_the_answer_says_what_is_in_it()
    {
        var reports = new List<IngestReport>();
        var report = await IngestAsync(MemoryKind.Unlimiformer, new Listener<IngestReport>(reports.Add));

        Assert.Equal(StoriesChat.Name, report.Memory!.Model);
        Assert.Equal(report.Memory.TotalTokens, report.Memory.Tokens);
        Assert.Contains(reports, one => one.State == IngestState.Memorizing && one.Memory?.Tokens == 0);
        var answer = await AnswerAsync();
        Assert.Equal(StoriesChat.Name, answer.Model);
        Assert.Equal(report.Memory.Tokens, answer.Memory!.Tokens);
        Assert.Equal((0, null), (answer.Memory.PendingDocuments, answer.Memory.Job));
        Assert.NotEmpty(answer.Memory.Spans);
        Assert.Equal("reread", answer.Memory.Mode);
        Assert.Equal(answer.Memory.Tokens * (48 + 4), answer.Memory.IndexBytes);
        Assert.Equal(Assert.Single(_service.ListDatastores()).Bytes, answer.Memory.DatastoreBytes);
        Assert.InRange(answer.Memory.SearchShare, 1e-6, 1);
        Assert.Equal(
            answer.Memory.Spans.OrderByDescending(span => span.Share).Select(span => span.Citation),
            answer.Memory.Spans.Select(span => span.Citation)
        );
        Assert.Equal(1, answer.Memory.LocalShare + answer.Memory.Spans.Sum(span => span.Share), precision: 3);
        Assert.All(answer.Memory.Spans, span => Assert.Matches(@"^(lily|tom)\.txt:\d+-\d+$", span.Citation));
        Assert.All(answer.Citations, cited => Assert.Contains(answer.Memory.Spans, span => span.Citation == cited));
    }

    [Fact]
    public async Task The_list_of_datastores_tells_the_memory_by_model()
    {
        var report = await IngestAsync(MemoryKind.Unlimiformer);

        var summary = Assert.Single(_service.ListDatastores());
        var memory = Assert.Single(summary.Memories);
        Assert.Equal(
            (StoriesChat.Name, report.Memory!.Tokens, 0),
            (memory.Model, memory.Tokens, memory.PendingDocuments)
        );
        Assert.InRange((double)memory.Bytes / memory.Tokens, 48 + 8, 100);
        Assert.Equal(0, summary.Tokens);
        Assert.True((await _service.VerifyAsync("default", repair: false, Cancellation)).Sound);
    }

    [Fact]
    public async Task Only_what_is_new_is_encoded_and_what_was_removed_is_not_read()
    {
        await IngestAsync(MemoryKind.Unlimiformer);
        File.Delete(_folder["texts/tom.txt"]);
        Write("ben.txt", 4, "Ben has a dog.");
        var before = Listed();
        await IngestAsync(MemoryKind.Window);

        var partly = await AnswerAsync();
        Assert.Equal((1, null), (partly.Memory!.PendingDocuments, partly.Memory.Job));
        Assert.All(
            partly.Memory.Spans,
            span => Assert.StartsWith("lily.txt:", span.Citation, StringComparison.Ordinal)
        );
        Assert.Equal(partly.Memory.Tokens, Listed());

        var report = await IngestAsync(MemoryKind.Unlimiformer);
        Assert.InRange(report.Memory!.Tokens, partly.Memory.Tokens + 1, before);
        Assert.Equal(0, (await AnswerAsync()).Memory!.PendingDocuments);

        long Listed() => Assert.Single(Assert.Single(_service.ListDatastores()).Memories).Tokens;
    }

    [Fact]
    public async Task A_question_to_a_datastore_without_a_memory_says_how_to_get_one()
    {
        await IngestAsync(MemoryKind.Window);

        var answer = await AnswerAsync();

        Assert.Equal(AnswerState.Unavailable, answer.State);
        Assert.Contains("ingest PATH -d default --memory unlimiformer --wait", answer.Reason, StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<MemoryEmptyException>(() => InferAsync("Tell of Lily."));
        Assert.Contains("holds nothing of these documents", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_that_took_all_the_time_leaves_none_for_the_answer_and_the_evidence_goes_out()
    {
        await IngestAsync(MemoryKind.Unlimiformer);
        var evidence = await _service.QueryAsync(s_request, Cancellation);
        var late = evidence with { ElapsedMilliseconds = AnswerLimits.AlwaysWait.TotalMilliseconds };

        var answer = await _service.AnswerAsync(s_request, late, AnswerMode.Auto, progress: null, Cancellation);

        Assert.Equal(AnswerState.Unfinished, answer!.State);
        Assert.Equal("it took longer than 45 seconds", answer.Reason);
        Assert.InRange(answer.Seconds, 0, 10);
    }

    [Fact]
    public async Task A_long_lived_process_builds_the_memory_that_a_question_asks_for()
    {
        await IngestAsync(MemoryKind.Window);
        await using var server = Create(resumes: true);
        var evidence = await server.QueryAsync(s_request, Cancellation);

        var first = await server.AnswerAsync(s_request, evidence, AnswerMode.Auto, progress: null, Cancellation);

        var job = Assert.Single(server.Jobs(job: null), one => one.Memory is not null || !one.State.IsFinal()).Job;
        Assert.Contains(job, first!.Reason, StringComparison.Ordinal);
        var report = await server.WaitAsync(job, wait: null, progress: null, Cancellation);
        Assert.Equal(IngestState.Complete, report.State);
        var then = await server.AnswerAsync(s_request, evidence, AnswerMode.Auto, progress: null, Cancellation);
        Assert.Equal(report.Memory!.TotalTokens, then!.Memory!.Tokens);
    }

    [Fact]
    public async Task A_cancelled_build_goes_on_where_it_was_in_another_process()
    {
        Write("long.txt", 2_000, "Anna and her cat walk over the hill to the old house.");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            IngestAsync(
                MemoryKind.Unlimiformer,
                new Listener<IngestReport>(report =>
                {
                    if (report.Memory?.Tokens > 10_000)
                    {
                        stop.Cancel();
                    }
                }),
                stop.Token
            )
        );
        await _service.DisposeAsync();
        _service = Create();
        var kept = Assert.Single(Assert.Single(_service.ListDatastores()).Memories);
        Assert.InRange(kept.Tokens, 8 * 1024, long.MaxValue);
        Assert.True(kept.PendingDocuments > 0);

        var first = default(IngestReport);
        var report = await IngestAsync(
            MemoryKind.Unlimiformer,
            new Listener<IngestReport>(one => first ??= one.Memory is null ? null : one)
        );

        Assert.Equal(kept.Tokens, first!.Memory!.Tokens);
        Assert.Equal(report.Memory!.TotalTokens, report.Memory.Tokens);
    }

    [Fact]
    public async Task An_instruction_is_followed_from_the_documents_of_a_glob_alone()
    {
        await IngestAsync(MemoryKind.Unlimiformer);

        var report = await InferAsync("Tell of Lily.", "tom.txt");

        Assert.Equal(InferenceState.Complete, report.State);
        var window = Assert.Single(report.Windows);
        Assert.InRange(window.NewTokens, 1, 8);
        Assert.All(
            report.Memory!.Spans,
            span => Assert.StartsWith("tom.txt:", span.Citation, StringComparison.Ordinal)
        );
        Assert.Equal(window.Tokens, report.Memory.Spans.Sum(span => span.Tokens));
        Assert.Null(report.NextCursor);
    }

    [Fact]
    public async Task What_does_not_go_together_is_refused()
    {
        await IngestAsync(MemoryKind.Window);
        var evidence = await _service.QueryAsync(s_request, Cancellation);
        await RefusedAsync(
            "memory:",
            () => _service.AnswerAsync(s_request, evidence, AnswerMode.Never, progress: null, Cancellation)
        );
        var request = new LongInferenceRequest { Datastore = "default", Memory = MemoryKind.Unlimiformer };
        await RefusedAsync("mode generate", () => _service.InferAsync(request, null, Cancellation));
        request = request with { Mode = InferenceMode.Generate };
        await RefusedAsync("instruction: missing", () => _service.InferAsync(request, null, Cancellation));
        request = request with { Instruction = "Tell.", Text = "A text.", Document = "tom.txt" };
        await RefusedAsync("text, document:", () => _service.InferAsync(request, null, Cancellation));
    }

    [Fact]
    public async Task Without_a_decoder_nothing_is_stored_and_the_error_says_how_to_get_one()
    {
        Directory.Delete(_folder[$"home/models/{StoriesChat.Name}"], recursive: true);

        await RefusedAsync("models install tinyllama-chat", () => IngestAsync(MemoryKind.Unlimiformer));

        Assert.Empty(_service.ListDatastores());
    }

    private static async Task RefusedAsync(string part, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<ContextException>(call);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private LongContextService Create(bool resumes = false) =>
        new(
            new LongContextOptions
            {
                Home = _folder["home"],
                WorkingDirectory = _folder["texts"],
                AllowedRoots = [_folder["texts"]],
                InstallDefaultEncoder = false,
                ResumeEncoding = resumes,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    private void Write(string name, int lines, string line)
    {
        Directory.CreateDirectory(_folder["texts"]);
        File.WriteAllLines(_folder[$"texts/{name}"], Enumerable.Range(0, lines).Select(i => $"{line} Day {i}."));
    }

    private Task<IngestReport> IngestAsync(
        MemoryKind memory,
        IProgress<IngestReport>? progress = null,
        CancellationToken? cancellation = null
    ) =>
        _service.IngestAsync(
            new IngestRequest
            {
                Paths = [_folder["texts"]],
                Memory = memory,
                Wait = null,
            },
            progress,
            cancellation ?? Cancellation
        );

    private async Task<LocalAnswer> AnswerAsync()
    {
        var evidence = await _service.QueryAsync(s_request, Cancellation);
        return (await _service.AnswerAsync(s_request, evidence, AnswerMode.Auto, progress: null, Cancellation))!;
    }

    private Task<LongInferenceReport> InferAsync(string instruction, string? glob = null) =>
        _service.InferAsync(
            new LongInferenceRequest
            {
                Datastore = "default",
                PathGlob = glob,
                Mode = InferenceMode.Generate,
                Instruction = instruction,
                Memory = MemoryKind.Unlimiformer,
                MaxNewTokens = 8,
            },
            progress: null,
            Cancellation
        );

    private sealed class Listener<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
