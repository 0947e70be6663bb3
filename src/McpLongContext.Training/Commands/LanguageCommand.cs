using System.CommandLine;
using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Language;
using McpLongContext.Training.Libtorch;
using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Commands;

/// <summary>Trains all weights of a language model, from nothing or from a model, on text or on summaries.</summary>
internal sealed class LanguageCommand : TrainingCommand
{
    private static readonly LanguageSettings s_defaults = new();
    private static readonly ModelShape s_shape = new();

    private readonly Argument<string> _output = new("FOLDER")
    {
        Description = "The folder of the new model; models install takes it.",
    };
    private readonly Option<string[]> _corpus = new("--corpus")
    {
        Description = "Documents, files or folders of text.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string?> _datastore = new("--datastore") { Description = "A datastore with documents." };
    private readonly Option<string?> _pairs = new("--pairs")
    {
        Description = "A file of {\"document\", \"summary\"} lines, instead of documents: the summaries are learned.",
    };
    private readonly Option<string?> _start = new("--start")
    {
        Description = "The model to begin with, installed or a folder; default: a new one of random weights.",
    };
    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        Description = "The model, installed or a folder, whose tokenizer a new model takes; default: bytes.",
    };
    private readonly Option<int[]> _layers = new("--infini-layers")
    {
        Description = "The layers with a compressive memory, from 0; default: all.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<UpdateRule> _rule = new("--rule")
    {
        Description = "How segments are written.",
        DefaultValueFactory = _ => s_defaults.Adapter.Rule,
    };
    private readonly Option<int> _hidden = Number("--hidden", "Width of a new model.", s_shape.HiddenSize);
    private readonly Option<int> _depth = Number("--layers", "Layers of a new model.", s_shape.Layers);
    private readonly Option<int> _heads = Number("--heads", "Query heads of a new model.", s_shape.Heads);
    private readonly Option<int> _kvHeads = Number("--kv-heads", "KV heads of a new model.", s_shape.KeyValueHeads);
    private readonly Option<int> _window = Number("--window", "Window of a new model.", s_shape.Window);
    private readonly Option<int> _segment = Number("--segment", "Tokens of a segment.", s_defaults.SegmentTokens);
    private readonly Option<int> _segments = Number("--segments", "Segments of a sequence.", s_defaults.Segments);
    private readonly Option<int> _batch = Number("--batch", "Sequences of a step.", s_defaults.BatchSize);
    private readonly Option<double> _rate = Number("--learning-rate", "Highest rate.", s_defaults.LearningRate);

    public LanguageCommand()
        : base(
            "lm",
            "Train a language model with Infini-attention, from nothing or from a model.",
            "FOLDER.training",
            new LoopSettings(s_defaults.Steps, s_defaults.EvaluateEvery),
            s_defaults.Seed
        )
    {
        Arguments.Add(_output);
        AddOptions(
            _corpus,
            _datastore,
            _pairs,
            _start,
            _tokenizer,
            _layers,
            _rule,
            _hidden,
            _depth,
            _heads,
            _kvHeads,
            _window,
            _segment,
            _segments,
            _batch,
            _rate
        );
    }

    protected override int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        var settings = SettingsOf(parsed);
        var home = HomeOf(parsed);
        var output = Path.GetFullPath(parsed.GetValue(_output)!);
        var folder = RunBeside(parsed, output);
        OutputFolder.RequireFree(output, folder);
        RequireAlone(parsed, _start, _tokenizer, _hidden, _depth, _heads, _kvHeads, _window);
        var shape = ShapeOf(parsed);
        var pairs = parsed.GetValue(_pairs) is { } file ? SummaryPair.Read(file) : null;
        var texts = pairs is null ? TextsOf(parsed, home) : [];
        var start =
            FindStart(parsed, _start)
            ?? NewModel.CreateOnce(
                parsed.GetValue(_tokenizer),
                StoreOf(parsed),
                folder,
                $"{shape}",
                (created, tokenizer) => ModelFolder.Create(created, shape, tokenizer, settings.Seed)
            );
        Check(settings, DecoderConfig.Load(start.Folder));
        LibtorchRuntime.Load(error);
        var training = new LanguageTraining(start, folder, settings, ThreadsOf(parsed), TimeProvider.System);
        var state = training.Run(
            tokenizer =>
                pairs is null
                    ? new TextSequences(
                        new FillerText(texts.Select(text => tokenizer.Encode(text)), []),
                        settings.Segments,
                        settings.SegmentTokens
                    )
                    : new PairSequences(pairs, tokenizer, settings.Segments, settings.SegmentTokens),
            new ConsoleProgress(error),
            cancellation
        );
        OutputFolder.Fill(training.Best, output);
        parsed.InvocationConfiguration.Output.WriteLine(
            $"{output}: {state.Step} steps in {state.Seconds:F0} s ({state.ProcessorSeconds:F0} s of the processor), held-out "
                + $"perplexity {Math.Exp(-state.Best):F2}. Metrics and picture: {folder}"
        );
        return 0;
    }

    private string[] TextsOf(ParseResult parsed, string home)
    {
        string[] texts =
        [
            .. Corpus.Read(parsed.GetValue(_corpus) ?? []),
            .. parsed.GetValue(_datastore) is { } name ? StoredCorpus.Read(home, name) : [],
        ];
        return texts.Length > 0
            ? texts
            : throw new TrainingException("there is nothing to learn from: give --corpus, --datastore or --pairs.");
    }

    private ModelShape ShapeOf(ParseResult parsed)
    {
        var shape = new ModelShape
        {
            HiddenSize = parsed.GetValue(_hidden),
            Layers = parsed.GetValue(_depth),
            Heads = parsed.GetValue(_heads),
            KeyValueHeads = parsed.GetValue(_kvHeads),
            Window = parsed.GetValue(_window),
        };
        OptionChecks.Positive(
            ("--hidden", shape.HiddenSize),
            ("--layers", shape.Layers),
            ("--heads", shape.Heads),
            ("--kv-heads", shape.KeyValueHeads),
            ("--window", shape.Window)
        );
        if (shape.HiddenSize % (2 * shape.Heads) != 0 || shape.Heads % shape.KeyValueHeads != 0)
        {
            throw new TrainingException(
                $"--hidden {shape.HiddenSize} --heads {shape.Heads} --kv-heads {shape.KeyValueHeads}: expected a width of an "
                    + "even number for each head, and KV heads that divide the heads."
            );
        }

        return shape;
    }

    private LanguageSettings SettingsOf(ParseResult parsed) =>
        s_defaults with
        {
            Adapter = s_defaults.Adapter with
            {
                Rule = parsed.GetValue(_rule),
                Layers = parsed.GetValue(_layers) is { Length: > 0 } layers ? layers.ToHashSet() : null,
            },
            SegmentTokens = parsed.GetValue(_segment),
            Segments = parsed.GetValue(_segments),
            BatchSize = parsed.GetValue(_batch),
            Steps = parsed.GetValue(Steps),
            LearningRate = parsed.GetValue(_rate),
            EvaluateEvery = parsed.GetValue(EvaluateEvery),
            Seed = parsed.GetValue(Seed),
        };

    private static void Check(LanguageSettings settings, DecoderConfig config)
    {
        OptionChecks.Positive(
            ("--segments", settings.Segments),
            ("--batch", settings.BatchSize),
            ("--learning-rate", settings.LearningRate)
        );
        OptionChecks.Segment(settings.SegmentTokens, 2, config.ContextLength);
        var unknown = settings.Adapter.Layers?.Where(layer => layer < 0 || layer >= config.LayerCount).ToArray() ?? [];
        if (unknown.Length > 0)
        {
            throw new TrainingException(
                $"--infini-layers {unknown[0]}: expected 0 to {config.LayerCount - 1}, the layers of the model."
            );
        }
    }
}
