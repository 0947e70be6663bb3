using McpLongContext.Context.Contracts;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Context.Tests.LongInference;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Answers;

public sealed class AnswerTests : IAsyncLifetime
{
    private static readonly QueryRequest s_request = new() { Question = "What was it that Lily saw in the park?" };

    private readonly TemporaryFolder _folder = new();
    private LongContextService _service = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _service = new LongContextService(
            new LongContextOptions
            {
                Home = _folder["home"],
                WorkingDirectory = _folder.Path,
                AllowedRoots = [_folder.Path],
                InstallDefaultEncoder = false,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        await File.WriteAllTextAsync(_folder["story.txt"], "Lily saw a big red ball in the park.\n", Cancellation);
        await _service.IngestAsync(
            new IngestRequest { Paths = [_folder["story.txt"]], Wait = null },
            progress: null,
            Cancellation
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Without_a_chat_model_one_line_says_how_to_get_one()
    {
        var answer = await AnswerAsync(s_request, AnswerMode.Auto);

        Assert.Equal(AnswerState.Unavailable, answer!.State);
        Assert.Contains("models install tinyllama-chat", answer.Reason, StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ContextException>(() => AnswerAsync(s_request, AnswerMode.Always));
        Assert.Contains("answer: always", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_installed_model_reads_the_evidence_and_its_answer_is_borne_by_it_or_withheld()
    {
        await StoriesChat.InstallAsync(_folder["home/models"]);
        var told = new List<AnswerProgress>();
        var evidence = await _service.QueryAsync(s_request, Cancellation);

        var answer = await _service.AnswerAsync(
            s_request,
            evidence,
            AnswerMode.Always,
            new Told(told.Add),
            Cancellation
        );

        Assert.Equal(StoriesChat.Name, answer!.Model);
        Assert.Contains(answer.State, (AnswerState[])[AnswerState.Answered, AnswerState.Abstained]);
        Assert.Equal(answer.State == AnswerState.Answered, answer.Text is not null);
        Assert.Equal(answer.State == AnswerState.Answered, answer.Citations.Count > 0);
        Assert.Equal(answer.State == AnswerState.Answered, answer.Reason is null);
        Assert.Equal(Enumerable.Range(0, told.Count), told.Select(progress => progress.Tokens));
        Assert.InRange(told.Count, 2, AnswerLimits.MaxTokens + 1);
    }

    [Fact]
    public async Task A_question_about_something_else_is_not_given_to_the_model()
    {
        await StoriesChat.InstallAsync(_folder["home/models"]);
        var request = s_request with { Question = "Which park has the deepest submarine volcano?" };

        var answer = await AnswerAsync(request, AnswerMode.Always);

        Assert.Equal(AnswerState.Abstained, answer!.State);
        Assert.Null(answer.Model);
    }

    [Theory]
    [InlineData("What red thing did Lily find in the park?", true)]
    [InlineData("Was there a ball in the big park yesterday afternoon?", true)]
    [InlineData("Did Lily buy a green bicycle or lease the skates?", false)]
    public async Task In_a_datastore_of_one_passage_a_missing_word_weighs_hardly_more_than_one_that_is_there(
        string question,
        bool asked
    )
    {
        await StoriesChat.InstallAsync(_folder["home/models"]);

        var answer = await AnswerAsync(s_request with { Question = question }, AnswerMode.Always);

        Assert.Equal(asked, answer!.Model is not null);
    }

    [Fact]
    public async Task No_answer_is_written_that_nobody_wants()
    {
        Assert.Null(await AnswerAsync(s_request, AnswerMode.Never));
        var evidence = await _service.QueryAsync(s_request, Cancellation);
        var later = s_request with { Cursor = "a later page" };

        Assert.Null(await _service.AnswerAsync(later, evidence, AnswerMode.Auto, progress: null, Cancellation));
    }

    [Fact]
    public async Task A_cancelled_answer_is_thrown_out()
    {
        await StoriesChat.InstallAsync(_folder["home/models"]);
        var evidence = await _service.QueryAsync(s_request, Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var progress = new Told(_ => stop.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _service.AnswerAsync(s_request, evidence, AnswerMode.Always, progress, stop.Token)
        );
    }

    private async Task<LocalAnswer?> AnswerAsync(QueryRequest request, AnswerMode mode) =>
        await _service.AnswerAsync(
            request,
            await _service.QueryAsync(request, Cancellation),
            mode,
            progress: null,
            Cancellation
        );

    private sealed class Told(Action<AnswerProgress> report) : IProgress<AnswerProgress>
    {
        public void Report(AnswerProgress value) => report(value);
    }
}
