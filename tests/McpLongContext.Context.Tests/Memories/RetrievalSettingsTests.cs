using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Memories.Unlimiformer;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Context.Tests.LongInference;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Memories;

/// <summary>The effects of the settings of retrieval attention on the tools; stories15M has a window of 256 tokens.</summary>
public sealed class RetrievalSettingsTests : IAsyncLifetime
{
    private static readonly UnlimiformerOptions s_inMemory = new() { UseDatastore = false };

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await StoriesChat.InstallAsync(_folder["home/models"]);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("reread")]
    [InlineData("heads")]
    [InlineData("per_layer")]
    public void What_fits_the_window_gives_the_logits_of_the_plain_model(string mode)
    {
        var options = s_inMemory with { Mode = mode };
        using var decoder = Load();
        var keys = DecoderKeys.Ensure(decoder, options, Cancellation);
        var texts = new TextTokenMemory(keys.Encoder);
        texts.Add("story", decoder.Tokenizer.Encode(Story(4)), Cancellation);
        using var memory = new OpenMemory(texts, _ => throw new NotSupportedException());

        var reader = new MemoryReader(
            new CurrentUnlimiformer(options),
            TimeProvider.System,
            NullLogger<MemoryReader>.Instance
        );
        using var reading = reader.Begin(decoder, memory, new MemoryTask("Who?", "Go on.", 8), Cancellation);
        var found = Logits(reading.Run, reading.Prompt.Span);

        int[] plain =
        [
            .. keys.Frame.Before,
            .. texts.ReadTokens(new TokenMemorySpan(0, 0, texts.Texts[0].Tokens, 0)),
            .. decoder.Tokenizer.Encode("\n\nGo on."),
            .. keys.Frame.After,
        ];
        using var run = decoder.Model.CreateSession();
        var expected = Logits(run, plain);
        Assert.True(reading.Report().IsWhole);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-4f);
        }

        float[] Logits(Inference.Decoders.DecoderSession sequence, ReadOnlySpan<int> tokens)
        {
            var state = new float[decoder.Model.Config.HiddenSize];
            var logits = new float[decoder.Model.Config.VocabularySize];
            sequence.Forward(tokens, state, Cancellation);
            sequence.Logits(state, logits);
            return logits;
        }
    }

    [Theory]
    [InlineData("reread", 1)]
    [InlineData("heads", 1)]
    [InlineData("per_layer", 2)]
    public async Task A_text_is_encoded_for_the_call_and_read_in_the_mode_that_is_set(string mode, int searching)
    {
        var report = await InferAsync(s_inMemory with { Mode = mode, ContextWindowSize = 200, LayerBegin = 3 });

        var memory = report.Memory!;
        Assert.Equal((mode, false, 200), (memory.Mode, memory.Whole, report.Window));
        Assert.InRange(memory.Tokens, 1_000, 3_000);
        Assert.Equal(0, memory.DatastoreBytes);
        // One key of 48 bytes and a scale; in full depth also keys and values of 6 heads in layers 3 to 5.
        var planes = mode == "reread" ? 1 : 1 + (3 * 6 * 2);
        Assert.Equal(memory.Tokens * planes * (48 + 4), memory.IndexBytes);
        Assert.InRange(memory.SearchShare, 1e-6, 1);
        Assert.Equal(searching == 2, memory.LayerSearchSeconds.Skip(3).Any(seconds => seconds > 0));
        Assert.All(memory.LayerSearchSeconds.Take(3), seconds => Assert.Equal(0, seconds));
        Assert.NotEmpty(memory.Spans);
        Assert.All(memory.Spans, span => Assert.Matches(@"^text:\d+-\d+$", span.Citation));
        Assert.Equal(1, memory.LocalShare + memory.Spans.Sum(span => span.Share), precision: 3);
    }

    [Fact]
    public async Task Without_knn_the_end_of_the_text_is_read()
    {
        var report = await InferAsync(s_inMemory with { Knn = false });

        Assert.Equal("window", report.Memory!.Mode);
        var span = Assert.Single(report.Memory.Spans);
        Assert.EndsWith("-100", span.Citation, StringComparison.Ordinal);
        Assert.Equal(0, report.Memory.SearchSeconds);
    }

    [Fact]
    public async Task A_longer_text_than_is_allowed_is_read_in_part_and_that_is_said()
    {
        var report = await InferAsync(s_inMemory with { EvalMaxSourceLength = 500 });

        Assert.Equal(500, report.Memory!.Tokens);
        Assert.Contains("eval_max_source_length", report.Memory.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_it_is_enabled_an_instruction_reads_all_of_a_text_unless_the_call_says_otherwise()
    {
        var enabled = new UnlimiformerOptions { Enabled = true };
        Assert.NotNull((await InferAsync(enabled, memory: null)).Memory);
        await RefusedAsync(enabled, MemoryKind.Window);
        await RefusedAsync(new UnlimiformerOptions(), memory: null);

        async Task RefusedAsync(UnlimiformerOptions options, MemoryKind? memory)
        {
            var error = await Assert.ThrowsAsync<ContextException>(() => InferAsync(options, memory));
            Assert.Contains("instruction: only mode map follows one", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Documents_are_encoded_for_the_call_where_datastores_are_not_to_be_read()
    {
        await using var service = Service(s_inMemory with { Mode = "heads" });
        await IngestAsync(service, MemoryKind.Window);

        var answer = await AnswerAsync(service);

        Assert.Equal(("heads", 0), (answer.Memory!.Mode, answer.Memory.DatastoreBytes));
        Assert.All(
            answer.Memory.Spans,
            span => Assert.StartsWith("story.txt:", span.Citation, StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("heads")]
    [InlineData("per_layer")]
    public async Task A_datastore_keeps_keys_and_values_beside_the_keys_that_select(string mode)
    {
        var options = new UnlimiformerOptions { Mode = mode, LayerBegin = 4 };
        await using (var selecting = Service(new UnlimiformerOptions()))
        {
            await IngestAsync(selecting, MemoryKind.Unlimiformer);
        }

        await using var service = Service(options);
        var none = await AnswerAsync(service);
        Assert.Equal(AnswerState.Unavailable, none.State);
        Assert.Contains("with keys and values", none.Reason, StringComparison.Ordinal);
        await IngestAsync(service, MemoryKind.Unlimiformer);

        var answer = await AnswerAsync(service);

        Assert.Equal((mode, false), (answer.Memory!.Mode, answer.Memory.Whole));
        Assert.Equal(answer.Memory.Tokens * (1 + (2 * 6 * 2)) * (48 + 4), answer.Memory.IndexBytes);
        Assert.InRange(answer.Memory.DatastoreBytes, answer.Memory.IndexBytes, long.MaxValue);
        Assert.NotEmpty(answer.Memory.Spans);
        Assert.All(answer.Memory.Spans, span => Assert.Matches(@"^story\.txt:\d+-\d+$", span.Citation));
        var memories = Assert.Single(service.ListDatastores()).Memories;
        Assert.Equal([null, 4], memories.Select(memory => memory.LayerBegin).Order());
        Assert.Equal(memories[0].Tokens, memories[1].Tokens);
        Assert.True((await service.VerifyAsync("default", repair: false, Cancellation)).Sound);
    }

    [Theory]
    [InlineData(99, null, "layer_begin: 99 found, but stories-chat has 6 layers")]
    [InlineData(null, 999, "context_window_size: 999 found, but the window of stories-chat has 256 tokens")]
    [InlineData(null, 40, "leaves no room")]
    public async Task What_does_not_fit_the_model_is_told_with_the_remedy(int? layer, int? window, string message)
    {
        var options = new UnlimiformerOptions { LayerBegin = layer, ContextWindowSize = window };
        var error = await Assert.ThrowsAsync<ContextException>(() => InferAsync(options));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static string Story(int lines) =>
        string.Join('\n', Enumerable.Range(0, lines).Select(i => $"Lily and Tom went to see house {i} by the sea."));

    private LoadedDecoder Load()
    {
        var store = new ModelStore(new ModelStoreOptions { Folder = _folder["home/models"] });
        return LoadedDecoder.Load(Assert.Single(store.List()), Precision.Int8);
    }

    private LongContextService Service(UnlimiformerOptions options)
    {
        Directory.CreateDirectory(_folder["texts"]);
        return new(
            new LongContextOptions
            {
                Home = _folder["home"],
                WorkingDirectory = _folder["texts"],
                AllowedRoots = [_folder["texts"]],
                InstallDefaultEncoder = false,
                Unlimiformer = options,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
    }

    private async Task<LongInferenceReport> InferAsync(
        UnlimiformerOptions options,
        MemoryKind? memory = MemoryKind.Unlimiformer
    )
    {
        await using var service = Service(options);
        return await service.InferAsync(
            new LongInferenceRequest
            {
                Text = Story(100),
                Mode = InferenceMode.Generate,
                Instruction = "Tell of house 7.",
                Memory = memory,
                MaxNewTokens = 8,
            },
            progress: null,
            Cancellation
        );
    }

    private async Task IngestAsync(LongContextService service, MemoryKind memory)
    {
        await File.WriteAllTextAsync(_folder["texts/story.txt"], Story(100), Cancellation);
        var request = new IngestRequest
        {
            Paths = [_folder["texts"]],
            Memory = memory,
            Wait = null,
        };
        await service.IngestAsync(request, progress: null, Cancellation);
    }

    private static async Task<LocalAnswer> AnswerAsync(LongContextService service)
    {
        var request = new QueryRequest { Question = "What is by the sea?", Memory = MemoryKind.Unlimiformer };
        var evidence = await service.QueryAsync(request, Cancellation);
        return (await service.AnswerAsync(request, evidence, AnswerMode.Auto, progress: null, Cancellation))!;
    }
}
