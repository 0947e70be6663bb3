using System.Text;
using System.Text.Json;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.LongInference;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.LongInference;

/// <summary>Long inference with stories15M, as the product installs it; see tools/golden/llama.</summary>
public sealed class LongInferenceTests : IAsyncLifetime
{
    private const string Model = "stories15m";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly TemporaryFolder _folder = new();
    private LongContextService _service = null!;
    private Golden _golden = null!;
    private string _model = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _model = await TestModels.StoriesAsync();
        var file = Path.Combine(AppContext.BaseDirectory, "LongInference", "GoldenData", "stories15m-score.json");
        _golden = JsonSerializer.Deserialize<Golden>(await File.ReadAllTextAsync(file, Cancellation), s_json)!;
        _service = CreateService(Precision.Float32);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Perplexity_and_entropy_are_those_of_double_precision()
    {
        var report = await InferAsync(Score(_golden.Text, _golden.Window, _golden.Overlap));

        Assert.Equal(InferenceState.Complete, report.State);
        Assert.Equal(
            _golden.Windows.Select(window => window.First),
            report.Windows.Select(window => window.FirstToken)
        );
        Assert.Equal(_golden.Windows.Select(window => window.Tokens), report.Windows.Select(window => window.Tokens));
        foreach (var (expected, found) in _golden.Windows.Zip(report.Windows))
        {
            Assert.Equal(1, found.Perplexity!.Value / expected.Perplexity, 1e-4);
            Assert.Equal(expected.EntropyBits, found.EntropyBits!.Value, 1e-4);
        }

        Assert.Equal(1, report.Perplexity!.Value / _golden.Perplexity, 1e-4);
        Assert.Contains("certificate of insurance", report.Surprising[0].Text, StringComparison.Ordinal);
        Assert.Matches("^text:[23]-[34]$", report.Surprising[0].Citation);
    }

    [Theory]
    [InlineData(32, 0.75)]
    [InlineData(41, 0.3)]
    [InlineData(64, 0)]
    [InlineData(256, 0.1875)]
    public async Task Each_token_is_predicted_once_as_if_its_window_were_computed_alone(int window, double overlap)
    {
        var report = await InferAsync(Score(_golden.Text + _golden.Text, window, overlap));

        var tokens = ModelTokenizer.Load(_model).Encode(_golden.Text + _golden.Text);
        using var model = LlamaModel.Load(_model, Precision.Float32);
        var capacity = window - 1;
        var stride = capacity - (2 * (int)(capacity * overlap / 2));
        var nats = 0.0;
        for (var i = 0; i < tokens.Length; i++)
        {
            // The first window that reaches the token.
            var first = i < capacity ? 0 : (i - capacity + stride) / stride * stride;
            nats -= LogProbability(model, [1, .. tokens[first..i]], tokens[i]);
        }

        Assert.Equal(tokens.Length, report.Tokens);
        Assert.Equal(tokens.Length, report.Windows.Sum(one => one.Tokens));
        Assert.Equal(1, report.Perplexity!.Value / Math.Exp(nats / tokens.Length), 1e-4);
    }

    [Fact]
    public async Task In_int8_perplexity_is_nearly_the_same()
    {
        await using var service = CreateService(Precision.Int8);

        var report = await service.InferAsync(Score(_golden.Text, 256, 0.5), progress: null, Cancellation);
        var exact = await InferAsync(Score(_golden.Text, 256, 0.5));

        Assert.Equal(1, report.Perplexity!.Value / exact.Perplexity!.Value, 0.05);
    }

    [Fact]
    public async Task Page_by_page_the_windows_are_the_same_as_at_once()
    {
        var request = Score(_golden.Text, 32, 0.25);
        var whole = await InferAsync(request);
        var pages = new List<LongInferenceReport>();
        do
        {
            pages.Add(await InferAsync(request with { MaxWindows = 2, Cursor = pages.LastOrDefault()?.NextCursor }));
        } while (pages[^1].State == InferenceState.Paused);

        Assert.Equal(
            whole.Windows.Select(window => (window.Citation, window.FirstToken, window.Perplexity)),
            pages
                .SelectMany(page => page.Windows)
                .Select(window => (window.Citation, window.FirstToken, window.Perplexity))
        );
        Assert.Null(pages[^1].NextCursor);
        Assert.All(pages.SkipLast(1), page => Assert.Equal(2, page.Windows.Count));
    }

    [Fact]
    public async Task When_the_wait_is_over_one_window_is_done_and_a_cursor_goes_on()
    {
        var report = await InferAsync(Score(_golden.Text, 32, 0) with { Wait = TimeSpan.Zero });

        Assert.Equal(InferenceState.Paused, report.State);
        Assert.Single(report.Windows);
        Assert.NotNull(report.NextCursor);
    }

    [Fact]
    public async Task A_continuation_is_the_greedy_one_of_the_end_of_the_text()
    {
        var report = await InferAsync(
            new LongInferenceRequest
            {
                Text = _golden.Text,
                Mode = InferenceMode.Generate,
                Window = 40,
                MaxNewTokens = 12,
                Model = Model,
            }
        );

        var tokenizer = ModelTokenizer.Load(_model);
        var tokens = tokenizer.Encode(_golden.Text);
        using var model = LlamaModel.Load(_model, Precision.Float32);
        var sequence = new List<int>([1, .. tokens[^27..]]);
        for (var i = 0; i < 12; i++)
        {
            var logits = LastLogits(model, [.. sequence]);
            sequence.Add(Array.IndexOf(logits, logits.Max()));
        }

        var window = Assert.Single(report.Windows);
        var bytes = sequence[28..].SelectMany(token => tokenizer.BytesOf(token).ToArray()).ToArray();
        Assert.Equal(Encoding.UTF8.GetString(bytes), window.Output);
        Assert.Equal((27, 28, 12), (window.Tokens, window.TokensRead, window.NewTokens));
        Assert.Equal("text:4-5", window.Citation);
    }

    [Fact]
    public async Task A_datastore_is_read_document_by_document_with_the_overlap_of_its_chunks()
    {
        _folder.Write("work/b.txt", _golden.Text);
        _folder.Write("work/a.txt", _golden.Text);
        _folder.Write("work/c.md", _golden.Text);
        await _service.IngestAsync(new IngestRequest { Paths = ["."], Wait = null }, null, Cancellation);
        await _service.SetChunkingAsync(new() { Overlap = 0.5 }, Cancellation);

        var report = await InferAsync(
            new LongInferenceRequest
            {
                Datastore = "default",
                PathGlob = "*.txt",
                Window = 48,
                Model = Model,
            }
        );

        Assert.Equal(22, report.OverlapTokens);
        Assert.Equal(1, report.Perplexity!.Value / _golden.Perplexity, 1e-4);
        Assert.Equal(
            ["a.txt", "a.txt", "a.txt", "a.txt", "b.txt", "b.txt", "b.txt", "b.txt"],
            report.Windows.Select(window => window.Citation.Split(':')[0])
        );
    }

    [Theory]
    [InlineData(InferenceMode.Score)]
    [InlineData(InferenceMode.Generate)]
    public async Task What_was_done_is_kept_when_cancelled_and_the_same_request_goes_on(InferenceMode mode)
    {
        _folder.Write("work/a.txt", _golden.Text);
        _folder.Write("work/b.txt", _golden.Text);
        await _service.IngestAsync(new IngestRequest { Paths = ["."], Wait = null }, null, Cancellation);
        var request = new LongInferenceRequest
        {
            Datastore = "default",
            Mode = mode,
            Window = 128,
            Model = Model,
        };
        var whole = await InferAsync(request);
        using var cancellation = new CancellationTokenSource();

        // Cancelled at the beginning of the second window.
        var report = await _service.InferAsync(request, new CancelAtSecond(cancellation), cancellation.Token);
        var rest = await InferAsync(request);

        Assert.Equal(InferenceState.Cancelled, report.State);
        Assert.Equal(whole.Windows[0].Citation, Assert.Single(report.Windows).Citation);
        Assert.Equal(InferenceState.Complete, rest.State);
        Assert.Equal(whole.Windows.Select(Without), rest.Windows.Select(Without));
        Assert.Equal(Without(report.Windows[0]), Without(rest.Windows[0]));
        Assert.Equal(report.Windows[0].Seconds, rest.Windows[0].Seconds);

        static WindowReport Without(WindowReport window) => window with { Seconds = 0, TokensPerSecond = 0 };
    }

    [Fact]
    public async Task A_window_that_is_cancelled_in_its_middle_is_marked_and_done_again()
    {
        var request = new LongInferenceRequest
        {
            Text = _golden.Text,
            Mode = InferenceMode.Generate,
            MaxNewTokens = 20,
            Model = Model,
        };
        using var cancellation = new CancellationTokenSource();

        var report = await _service.InferAsync(request, new CancelAfter(cancellation, 5), cancellation.Token);
        var whole = Assert.Single((await InferAsync(request)).Windows);

        Assert.Equal(InferenceState.Cancelled, report.State);
        var window = Assert.Single(report.Windows);
        Assert.True(window.Partial);
        Assert.Equal(5, window.NewTokens);
        Assert.StartsWith(window.Output!, whole.Output, StringComparison.Ordinal);
        Assert.False(whole.Partial);
    }

    [Theory]
    [InlineData("window: 31 is out of range; use 32 to 256", 31, null, null)]
    [InlineData("window: 257 is out of range; use 32 to 256", 257, null, null)]
    [InlineData("window: -1 is out of range", -1, null, null)]
    [InlineData("overlap: 0.8 is out of range; use 0 to 0.75", null, 0.8, null)]
    [InlineData("overlap: -0.1 is out of range", null, -0.1, null)]
    [InlineData("overlap: NaN is out of range", null, double.NaN, null)]
    [InlineData("max_new_tokens: 0 is out of range", null, null, 0)]
    [InlineData("max_new_tokens: 256 written tokens", null, null, 256)]
    public async Task A_number_out_of_range_is_named_with_the_remedy(
        string expected,
        int? window,
        double? overlap,
        int? newTokens
    )
    {
        var error = await Assert.ThrowsAsync<ContextException>(() =>
            InferAsync(
                new LongInferenceRequest
                {
                    Text = "Once upon a time",
                    Mode = InferenceMode.Generate,
                    Window = window,
                    Overlap = overlap,
                    MaxNewTokens = newTokens,
                    Model = Model,
                }
            )
        );

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_go_together_is_named()
    {
        var text = new LongInferenceRequest { Text = "Once upon a time", Model = Model };
        await AssertNamesAsync("text: missing", text with { Text = null });
        await AssertNamesAsync("text: it is empty", text with { Text = " " });
        await AssertNamesAsync("text, document", text with { Document = "a.txt" });
        await AssertNamesAsync("path_glob", text with { PathGlob = "*.txt" });
        await AssertNamesAsync("instruction: missing", text with { Mode = InferenceMode.Map });
        await AssertNamesAsync("instruction: only", text with { Instruction = "Sum up." });
        await AssertNamesAsync("max_new_tokens", text with { MaxNewTokens = 5 });
        await AssertNamesAsync("max_windows", text with { MaxWindows = 0 });
        await AssertNamesAsync(
            "mode: map needs a chat model",
            text with
            {
                Mode = InferenceMode.Map,
                Instruction = "Sum up.",
            }
        );
        await AssertNamesAsync("model: 'nothing' is not installed", text with { Model = "nothing" });
        await AssertNamesAsync("cursor: not one", text with { Cursor = "zz" });
        var page = await InferAsync(Score(_golden.Text, 32, 0) with { MaxWindows = 1 });
        await AssertNamesAsync("cursor: it belongs to another", text with { Cursor = page.NextCursor });
    }

    [Fact]
    public async Task Without_a_model_one_line_says_how_to_get_one()
    {
        await using var service = new LongContextService(
            Options(Precision.Int8) with
            {
                Models = _folder["none"],
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

        var error = await Assert.ThrowsAsync<ContextException>(() =>
            service.InferAsync(new LongInferenceRequest { Text = "Once" }, progress: null, Cancellation)
        );

        Assert.Contains("models install tinyllama-chat", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static LongInferenceRequest Score(string text, int window, double overlap) =>
        new()
        {
            Text = text,
            Window = window,
            Overlap = overlap,
            Model = Model,
        };

    private Task<LongInferenceReport> InferAsync(LongInferenceRequest request) =>
        _service.InferAsync(request, progress: null, Cancellation);

    private async Task AssertNamesAsync(string expected, LongInferenceRequest request)
    {
        var error = await Assert.ThrowsAsync<ContextException>(() => InferAsync(request));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    private LongContextService CreateService(Precision precision) =>
        new(Options(precision), TimeProvider.System, NullLoggerFactory.Instance);

    private LongContextOptions Options(Precision precision)
    {
        var work = Directory.CreateDirectory(_folder["work"]).FullName;
        return new LongContextOptions
        {
            Home = _folder["home"],
            Models = LongContextHome.Models,
            WorkingDirectory = work,
            AllowedRoots = [work],
            DecoderPrecision = precision,
        };
    }

    private static double LogProbability(LlamaModel model, int[] before, int token)
    {
        var logits = LastLogits(model, before);
        var max = (double)logits.Max();
        return logits[token] - max - Math.Log(logits.Sum(logit => Math.Exp(logit - max)));
    }

    private static float[] LastLogits(LlamaModel model, int[] tokens)
    {
        using var run = model.CreateRun(threads: 1);
        var state = new float[model.Config.HiddenSize];
        var logits = new float[model.Config.VocabularySize];
        run.Forward(tokens, state);
        run.Logits(state, logits);
        return logits;
    }

    private sealed class CancelAtSecond(CancellationTokenSource cancellation) : IProgress<LongInferenceProgress>
    {
        public void Report(LongInferenceProgress value)
        {
            if (value.Last is not null)
            {
                cancellation.Cancel();
            }
        }
    }

    private sealed class CancelAfter(CancellationTokenSource cancellation, int tokens)
        : IProgress<LongInferenceProgress>
    {
        public void Report(LongInferenceProgress value)
        {
            if (value.NewTokens == tokens)
            {
                cancellation.Cancel();
            }
        }
    }

    private sealed record Golden(string Text, int Window, double Overlap, GoldenWindow[] Windows, double Perplexity);

    private sealed record GoldenWindow(int First, int Tokens, double Perplexity, double EntropyBits);
}
