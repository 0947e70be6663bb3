using McpLongContext.Context.Contracts;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Inference;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers.Formats;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Summaries;

/// <summary>Summaries by a tiny random encoder-decoder: what is read, kept, cited and refused.</summary>
public sealed class SummarizerTests : IAsyncLifetime
{
    private const string Short = "a ship, the sea.";

    private readonly TemporaryFolder _folder = new();
    private LongContextService _service = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _service = Create(new UnlimiformerOptions());
        await _service.Models.InstallAsync(TinySummaryModel.Write(_folder["source"]), cancellation: Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_text_within_the_window_is_summarized_as_by_plain_generation()
    {
        var report = await SummarizeAsync(new() { Text = Short });

        Assert.Equal(InferenceState.Complete, report.State);
        Assert.True(report.Memory!.Whole);
        var (output, tokens) = Plain(Short);
        Assert.Equal(output, Assert.Single(report.Windows).Output);
        Assert.Equal(tokens, report.Windows[0].NewTokens);
        Assert.Equal("text:1-1", report.Windows[0].Citation);
    }

    [Fact]
    public async Task A_longer_text_is_read_whole_by_retrieval()
    {
        var text = Long(60, "one");

        var report = await SummarizeAsync(new() { Text = text });

        Assert.Equal("cross_attention", report.Memory!.Mode);
        Assert.Equal(MemoryKind.Unlimiformer, report.Memory.Kind);
        Assert.Equal(report.Tokens + Frame, report.Memory.Tokens);
        Assert.Equal("text:1-60", report.Windows[0].Citation);
        Assert.Equal(report.Windows[0].Output!.Trim(), string.Join(' ', report.Sentences.Select(one => one.Text)));
        Assert.All(
            report.Sentences.SelectMany(one => one.Sources),
            source => Assert.Matches("^text:[0-9]+-[0-9]+$", source.Citation)
        );
        // Without retrieval there is the first window alone.
        var truncated = await SummarizeAsync(new() { Text = text, Memory = MemoryKind.Window });
        Assert.Equal(32, truncated.Memory!.Tokens);
    }

    [Fact]
    public async Task Documents_are_encoded_once_and_kept()
    {
        await IngestAsync(("a.txt", Long(40, "first")), ("b.txt", Long(40, "second")));
        var request = new LongInferenceRequest { Datastore = "default" };

        var (first, encoded) = await CountAsync(request);
        var (second, again) = await CountAsync(request);

        Assert.True(encoded > 20);
        Assert.Equal(0, again);
        Assert.Equal(first.Windows[0].Output, second.Windows[0].Output);
        Assert.Equal("a.txt:1-40 to b.txt:1-40", first.Windows[0].Citation);
        Assert.True(first.Memory!.DatastoreBytes > 0);

        await IngestAsync(("b.txt", Long(41, "other")));
        var (changed, windows) = await CountAsync(request);
        Assert.InRange(windows, 1, encoded - 5);
        Assert.Equal("a.txt:1-40 to b.txt:1-41", changed.Windows[0].Citation);

        var listed = Assert.Single(_service.ListDatastores());
        Assert.Equal("encoded sources", Assert.Single(listed.Memories).Title);
    }

    [Fact]
    public async Task A_call_of_few_windows_goes_on_until_all_is_read()
    {
        await IngestAsync(("a.txt", Long(400, "first")), ("b.txt", Long(3, "second")));
        var request = new LongInferenceRequest { Datastore = "default", MaxWindows = 60 };
        var calls = 1;
        var report = await SummarizeAsync(request);
        for (; report.State == InferenceState.Paused && calls < 50; calls++)
        {
            Assert.Empty(report.Windows);
            report = await SummarizeAsync(request with { Cursor = report.NextCursor });
        }

        Assert.Equal(InferenceState.Complete, report.State);
        Assert.InRange(calls, 3, 40);
        Assert.Null(report.NextCursor);

        // As if it had been read at once.
        await IngestAsync("other", ("a.txt", Long(400, "first")), ("b.txt", Long(3, "second")));
        var whole = await SummarizeAsync(request with { Datastore = "other", MaxWindows = null });
        Assert.Equal(whole.Windows[0].Output, report.Windows[0].Output);
        Assert.Equal(whole.Memory!.Tokens, report.Memory!.Tokens);
    }

    [Fact]
    public async Task A_document_of_one_long_line_is_read_in_several_calls()
    {
        await IngestAsync(("a.txt", Long(400, "first").Replace('\n', ' ')));
        var request = new LongInferenceRequest { Datastore = "default", MaxWindows = 60 };
        var calls = 1;
        var report = await SummarizeAsync(request);
        for (; report.State == InferenceState.Paused && calls < 50; calls++)
        {
            report = await SummarizeAsync(request with { Cursor = report.NextCursor });
        }

        Assert.Equal(InferenceState.Complete, report.State);
        Assert.InRange(calls, 3, 40);
        Assert.Equal("a.txt:1-1", report.Windows[0].Citation);
    }

    [Fact]
    public async Task Who_may_not_ingest_gets_the_summary_and_stores_nothing()
    {
        await IngestAsync(("a.txt", Long(40, "first")));
        var request = new LongInferenceRequest { Datastore = "default" };

        var (read, _) = await CountAsync(request with { MayStore = false });

        Assert.Equal(0, read.Memory!.DatastoreBytes);
        Assert.Empty(Assert.Single(_service.ListDatastores()).Memories);
        var (stored, _) = await CountAsync(request);
        Assert.Single(Assert.Single(_service.ListDatastores()).Memories);
        Assert.Equal(stored.Memory!.Tokens, read.Memory.Tokens);
    }

    [Fact]
    public async Task What_was_encoded_before_a_stop_is_kept()
    {
        await IngestAsync(("a.txt", Long(400, "first")));
        using var stop = new CancellationTokenSource();
        var windows = 0;
        var progress = new Told(one =>
        {
            if (++windows == 150)
            {
                stop.Cancel();
            }
        });

        var request = new LongInferenceRequest { Datastore = "default", Mode = InferenceMode.Summarize };
        var stopped = await _service.InferAsync(request, progress, stop.Token);

        Assert.Equal(InferenceState.Cancelled, stopped.State);
        Assert.NotNull(stopped.NextCursor);
        var (_, rest) = await CountAsync(request);
        await IngestAsync("other", ("a.txt", Long(400, "first")));
        var (_, all) = await CountAsync(request with { Datastore = "other" });
        Assert.InRange(rest, 1, all - 50);
    }

    [Fact]
    public async Task A_stop_while_it_writes_returns_what_was_written()
    {
        using var stop = new CancellationTokenSource();
        var progress = new Told(one =>
        {
            if (one.NewTokens == 4)
            {
                stop.Cancel();
            }
        });

        var request = new LongInferenceRequest { Text = Long(30, "one"), Mode = InferenceMode.Summarize };
        var report = await _service.InferAsync(request, progress, stop.Token);

        Assert.Equal(InferenceState.Cancelled, report.State);
        Assert.True(report.Windows[0].Partial);
        Assert.Equal(4, report.Windows[0].NewTokens);
    }

    [Fact]
    public async Task An_instruction_takes_the_place_of_the_prefix()
    {
        var report = await SummarizeAsync(new() { Text = Short, Instruction = "sum:" });
        var other = await SummarizeAsync(new() { Text = Short, Instruction = "tell" });

        Assert.Equal(Plain(Short).Output, report.Windows[0].Output);
        Assert.NotEqual(report.Windows[0].Output, other.Windows[0].Output);
    }

    [Theory]
    [InlineData("Unlimiformer:layer_begin: 3 is out of range; use 0 to 2", 3, null)]
    [InlineData("Unlimiformer:context_window_size: 8 is out of range; use 16 to 4096", null, 8)]
    public async Task A_setting_that_does_not_fit_the_model_is_named(string message, int? layer, int? window)
    {
        await using var service = Create(new UnlimiformerOptions { LayerBegin = layer, ContextWindowSize = window });
        var error = await Assert.ThrowsAsync<ContextException>(() =>
            service.InferAsync(
                new LongInferenceRequest { Text = Short, Mode = InferenceMode.Summarize },
                progress: null,
                Cancellation
            )
        );

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_choose_what_is_read()
    {
        var text = Long(40, "one");
        var first = await SummarizeAsync(new() { Text = text });
        await using var service = Create(
            new UnlimiformerOptions
            {
                LayerBegin = 2,
                ContextWindowSize = 20,
                EvalMaxSourceLength = 100,
            }
        );

        var report = await service.InferAsync(
            new LongInferenceRequest { Text = text, Mode = InferenceMode.Summarize },
            progress: null,
            Cancellation
        );

        Assert.Equal(20, report.Window);
        Assert.Equal(100, report.Tokens);
        Assert.Contains("eval_max_source_length", report.Memory!.Note, StringComparison.Ordinal);
        Assert.NotEqual(first.Windows[0].Output, report.Windows[0].Output);
    }

    [Fact]
    public async Task What_cannot_be_done_is_named_with_the_remedy()
    {
        var request = new LongInferenceRequest { Text = Short };
        await AssertNamesAsync("memory: infini is a decoder's", request with { Memory = MemoryKind.Infini });
        await AssertNamesAsync("window: 15 is out of range; use 16 to 4096", request with { Window = 15 });
        await AssertNamesAsync("overlap: 0.9 is out of range", request with { Overlap = 0.9 });
        await AssertNamesAsync("max_new_tokens: 0 is out of range", request with { MaxNewTokens = 0 });
        await AssertNamesAsync("max_windows: 0 is out of range", request with { MaxWindows = 0 });
        await AssertNamesAsync("instruction: 42 tokens leave less", request with { Instruction = new string('x', 39) });
        await AssertNamesAsync(
            "model: 'nothing' is not installed; use tiny-summaries",
            request with
            {
                Model = "nothing",
            }
        );
        await AssertNamesAsync("cursor: not one", request with { Cursor = "x" });
        await AssertNamesAsync("text: missing", new LongInferenceRequest());
        var error = await Assert.ThrowsAsync<ContextException>(() =>
            _service.InferAsync(
                request with
                {
                    Model = TinySummaryModel.Name,
                    Mode = InferenceMode.Generate,
                },
                progress: null,
                Cancellation
            )
        );
        Assert.StartsWith(
            "model: 'tiny-summaries' is an encoder-decoder, which mode summarize uses",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Files_that_do_not_go_together_are_named()
    {
        var folder = _service.Models.Find(TinySummaryModel.Name)!;
        var tokenizer = Path.Combine(folder, "tokenizer.json");
        var content = await File.ReadAllTextAsync(tokenizer, Cancellation);
        var source = TinySummaryModel.Write(_folder["damaged"]);
        File.Delete(Path.Combine(source, "tokenizer.json"));
        var missing = await Assert.ThrowsAsync<ModelException>(() =>
            _service.Models.InstallAsync(source, cancellation: Cancellation)
        );
        Assert.Contains(
            "no tokenizer found, expected tokenizer.json, spiece.model",
            missing.Message,
            StringComparison.Ordinal
        );
        await File.WriteAllTextAsync(
            Path.Combine(source, "tokenizer.json"),
            content.Replace("\"vocab\":[", "\"vocab\":[[\"zz\",-1],", StringComparison.Ordinal),
            Cancellation
        );
        var other = await Assert.ThrowsAsync<ModelException>(() =>
            _service.Models.InstallAsync(source, cancellation: Cancellation)
        );
        Assert.Contains(
            "a tokenizer of 49 tokens found, expected at most the 48 of the model",
            other.Message,
            StringComparison.Ordinal
        );
    }

    private int Frame => "sum: ".Length + 1;

    private LongContextService Create(UnlimiformerOptions unlimiformer) =>
        new(
            new LongContextOptions
            {
                Home = _folder["home"],
                Models = _folder["models"],
                InstallDefaultEncoder = false,
                WorkingDirectory = Directory.CreateDirectory(_folder["work"]).FullName,
                AllowedRoots = [_folder["work"]],
                DecoderPrecision = Precision.Float32,
                Unlimiformer = unlimiformer,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    private Task<LongInferenceReport> SummarizeAsync(LongInferenceRequest request) =>
        _service.InferAsync(request with { Mode = InferenceMode.Summarize }, progress: null, Cancellation);

    /// <summary>The report, and how many windows were encoded for it.</summary>
    private async Task<(LongInferenceReport Report, int Windows)> CountAsync(LongInferenceRequest request)
    {
        var windows = 0;
        var progress = new Told(one => windows += one.NewTokens == 0 ? 1 : 0);
        var report = await _service.InferAsync(request with { Mode = InferenceMode.Summarize }, progress, Cancellation);
        Assert.Equal(InferenceState.Complete, report.State);
        return (report, windows);
    }

    private Task IngestAsync(params (string Name, string Text)[] files) => IngestAsync("default", files);

    private async Task IngestAsync(string datastore, params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            await File.WriteAllTextAsync(Path.Combine(_folder["work"], name), text, Cancellation);
        }

        await _service.IngestAsync(
            new IngestRequest
            {
                Paths = [_folder["work"]],
                Datastore = datastore,
                Wait = TimeSpan.FromMinutes(1),
            },
            progress: null,
            Cancellation
        );
    }

    private async Task AssertNamesAsync(string message, LongInferenceRequest request)
    {
        var error = await Assert.ThrowsAsync<ContextException>(() => SummarizeAsync(request));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    /// <summary>What the model writes without any of the service.</summary>
    private (string Output, int Tokens) Plain(string text)
    {
        var folder = _service.Models.Find(TinySummaryModel.Name)!;
        using var model = EncoderDecoder.Load(folder, Precision.Float32, threads: 1);
        var tokenizer = ModelTokenizer.Load(folder);
        int[] tokens = [.. tokenizer.Encode("sum: "), .. tokenizer.Encode(text), model.Config.End];
        var states = new float[tokens.Length * model.Config.HiddenSize];
        using (var encoder = model.CreateEncoder(threads: 1))
        {
            encoder.Encode(tokens, states);
        }

        using var target = model.CreateTarget(states, threads: 1);
        var found = new BeamSearch(target, BeamSettings.Read(folder), tokenizer.Vocabulary.Count).Run(
            cancellation: Cancellation
        );
        return (tokenizer.Decode([.. found.Tokens]), found.Tokens.Count);
    }

    /// <summary>Lines that all differ.</summary>
    private static string Long(int lines, string name) =>
        string.Concat(
            Enumerable
                .Range(0, lines)
                .Select(line => $"{name} {(char)('a' + (line % 26))}{(char)('a' + (line / 3 % 26))}.\n")
        );

    private sealed class Told(Action<LongInferenceProgress> told) : IProgress<LongInferenceProgress>
    {
        public void Report(LongInferenceProgress value) => told(value);
    }
}
