using McpLongContext.Context.Contracts;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.LongInference;

public sealed class MapTests : IAsyncLifetime
{
    private const string Instruction = "What is in this story?";

    private static readonly string s_text = string.Concat(
        Enumerable.Range(1, 30).Select(i => $"Lily saw {i} red balls in the park.\n")
    );

    private readonly TemporaryFolder _folder = new();
    private LongContextService _service = null!;
    private Tokenizer _tokenizer = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _service = new LongContextService(
            new LongContextOptions
            {
                Home = _folder["home"],
                WorkingDirectory = _folder.Path,
                AllowedRoots = [_folder.Path],
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        await StoriesChat.InstallAsync(_folder["home/models"]);
        _tokenizer = ModelTokenizer.Load(_service.Models.Find(StoriesChat.Name)!);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public async Task Outputs_are_those_of_the_model_for_each_core_and_together_cover_the_text_once(double overlap)
    {
        var report = await _service.InferAsync(Request with { Overlap = overlap }, progress: null, Cancellation);

        var tokens = _tokenizer.Encode(s_text);
        using var model = Decoder.Load(_service.Models.Find(StoriesChat.Name)!);
        var covered = 0;
        foreach (var (window, index) in report.Windows.Select((window, index) => (window, index)))
        {
            Assert.Equal(covered, window.FirstToken);
            var first = index == 0 ? 0 : covered - report.OverlapTokens;
            var before = Decode(tokens[first..covered], first == 0);
            covered += window.Tokens;
            var core = Decode(tokens[window.FirstToken..covered], window.FirstToken == 0);
            var body = before.Length == 0 ? core : $"Context, only to understand the text:\n{before}\n\nText:\n{core}";
            Assert.Equal(await AnswerAsync(model, $"{Instruction}\n\n{body}"), (window.TokensRead, window.Output));
            Assert.InRange(window.TokensRead + window.NewTokens, 1, 128);
        }

        Assert.Equal(tokens.Length, covered);
        Assert.InRange(report.Windows.Count, 4, 100);
        Assert.Equal(overlap > 0, report.OverlapTokens > 0);
        Assert.Equal("text:1-", report.Windows[0].Citation[..7]);
        Assert.EndsWith("-30", report.Windows[^1].Citation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instruction_that_leaves_no_room_is_named()
    {
        var request = Request with { Instruction = string.Concat(Enumerable.Repeat("and then ", 100)) };

        var error = await Assert.ThrowsAsync<ContextException>(() =>
            _service.InferAsync(request, progress: null, Cancellation)
        );

        Assert.Contains("instruction", error.Message, StringComparison.Ordinal);
    }

    private static LongInferenceRequest Request =>
        new()
        {
            Text = s_text,
            Mode = InferenceMode.Map,
            Instruction = Instruction,
            Window = 128,
            MaxNewTokens = 10,
        };

    private string Decode(int[] tokens, bool atStart) =>
        atStart ? _tokenizer.Decode(tokens)
        : tokens.Length == 0 ? ""
        : string.Concat(_tokenizer.Decode([.. _tokenizer.Encode("x"), .. tokens])[1..]);

    private async Task<(int Read, string Output)> AnswerAsync(Decoder model, string message)
    {
        var prompt = ChatTemplate.Of(_tokenizer)!.Encode([new ChatMessage(ChatRole.User, message)]);
        using var run = model.CreateSession(threads: 1);
        var written = new List<int>(_tokenizer.Encode("x"));
        await foreach (var token in run.GenerateAsync(prompt, Greedy, 10, _tokenizer.Settings.Ends, Cancellation))
        {
            written.Add(token);
        }

        return (prompt.Length, _tokenizer.Decode([.. written])[1..].Trim());
    }

    private static int Greedy(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }
}
