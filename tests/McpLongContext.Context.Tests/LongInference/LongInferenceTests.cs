using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers.Formats;
using Decoder = McpLongContext.Inference.Decoders.Decoder;

namespace McpLongContext.Context.Tests.LongInference;

/// <summary>The results of the windows of a long text.</summary>
public sealed class LongInferenceTests : StoriesInference
{
    [Fact]
    public async Task Perplexity_and_entropy_are_those_of_double_precision()
    {
        var report = await InferAsync(Score(Golden.Text, Golden.Window, Golden.Overlap));

        Assert.Equal(InferenceState.Complete, report.State);
        Assert.Equal(Golden.Windows.Select(window => window.First), report.Windows.Select(window => window.FirstToken));
        Assert.Equal(Golden.Windows.Select(window => window.Tokens), report.Windows.Select(window => window.Tokens));
        foreach (var (expected, found) in Golden.Windows.Zip(report.Windows))
        {
            Assert.Equal(1, found.Perplexity!.Value / expected.Perplexity, 1e-4);
            Assert.Equal(expected.EntropyBits, found.EntropyBits!.Value, 1e-4);
        }

        Assert.Equal(1, report.Perplexity!.Value / Golden.Perplexity, 1e-4);
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
        var report = await InferAsync(Score(Golden.Text + Golden.Text, window, overlap));

        var tokens = ModelTokenizer.Load(ModelFolder).Encode(Golden.Text + Golden.Text);
        using var model = Decoder.Load(ModelFolder, Precision.Float32);
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

        var report = await service.InferAsync(Score(Golden.Text, 256, 0.5), progress: null, Cancellation);
        var exact = await InferAsync(Score(Golden.Text, 256, 0.5));

        Assert.Equal(1, report.Perplexity!.Value / exact.Perplexity!.Value, 0.05);
    }

    [Fact]
    public async Task Page_by_page_the_windows_are_the_same_as_at_once()
    {
        var request = Score(Golden.Text, 32, 0.25);
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
        var report = await InferAsync(Score(Golden.Text, 32, 0) with { Wait = TimeSpan.Zero });

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
                Text = Golden.Text,
                Mode = InferenceMode.Generate,
                Window = 40,
                MaxNewTokens = 12,
                Model = Model,
            }
        );

        var tokenizer = ModelTokenizer.Load(ModelFolder);
        var tokens = tokenizer.Encode(Golden.Text);
        using var model = Decoder.Load(ModelFolder, Precision.Float32);
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
        Folder.Write("work/b.txt", Golden.Text);
        Folder.Write("work/a.txt", Golden.Text);
        Folder.Write("work/c.md", Golden.Text);
        await Service.IngestAsync(new IngestRequest { Paths = ["."], Wait = null }, null, Cancellation);
        await Service.SetChunkingAsync(new() { Overlap = 0.5 }, Cancellation);

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
        Assert.Equal(1, report.Perplexity!.Value / Golden.Perplexity, 1e-4);
        Assert.Equal(
            ["a.txt", "a.txt", "a.txt", "a.txt", "b.txt", "b.txt", "b.txt", "b.txt"],
            report.Windows.Select(window => window.Citation.Split(':')[0])
        );
    }

    private static double LogProbability(Decoder model, int[] before, int token)
    {
        var logits = LastLogits(model, before);
        var max = (double)logits.Max();
        return logits[token] - max - Math.Log(logits.Sum(logit => Math.Exp(logit - max)));
    }

    private static float[] LastLogits(Decoder model, int[] tokens)
    {
        using var run = model.CreateSession(threads: 1);
        var state = new float[model.Config.HiddenSize];
        var logits = new float[model.Config.VocabularySize];
        run.Forward(tokens, state);
        run.Logits(state, logits);
        return logits;
    }
}
