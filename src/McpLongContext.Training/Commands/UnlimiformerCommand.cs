using System.CommandLine;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Language;
using McpLongContext.Training.Libtorch;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Unlimiformer;
using McpLongContext.Training.Unlimiformer.Examples;

namespace McpLongContext.Training.Commands;

/// <summary>Trains all weights of an encoder-decoder to write from sources longer than its window.</summary>
internal sealed class UnlimiformerCommand : TrainingCommand
{
    /// <summary>The highest rate where weights were trained before.</summary>
    private const double StartedRate = 1e-4;

    private static readonly UnlimiformerSettings s_defaults = new();
    private static readonly EncoderDecoderShape s_shape = new();
    private static readonly KeyValueSettings s_keys = new();

    private readonly Argument<string> _output = new("FOLDER")
    {
        Description = "The folder of the new model; models install takes it.",
    };
    private readonly Option<string?> _pairs = new("--pairs")
    {
        Description = "A file of {\"document\", \"summary\"} lines; default: generated documents of keys and values.",
    };
    private readonly Option<string?> _start = new("--start")
    {
        Description = "The model to begin with, installed or a folder; default: a new one of random weights.",
    };
    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        Description = "The model, installed or a folder, whose tokenizer a new model takes; default: bytes.",
    };
    private readonly Option<bool> _retrieval = new("--unlimiformer-training")
    {
        Description = "Each target token attends to its own top k of the whole source; default: to the first window.",
    };
    private readonly Option<bool> _random = new("--random-unlimiformer-training")
    {
        Description = "Each layer attends to a random subset of the whole source.",
    };
    private readonly Option<bool> _alternating = new("--alternating") { Description = "Both of them in turn." };
    private readonly Option<bool> _test = new("--test-unlimiformer")
    {
        Description = "Evaluate with Unlimiformer; false: with the first window.",
        DefaultValueFactory = _ => s_defaults.TestsUnlimiformer,
    };
    private readonly Option<string> _family = new("--family")
    {
        Description = "The family of a new model, t5 or bart.",
        DefaultValueFactory = _ => s_shape.Family,
    };
    private readonly Option<int> _hidden = Number("--hidden", "Width of a new model.", s_shape.HiddenSize);
    private readonly Option<int> _depth = Number("--layers", "Layers of encoder and decoder.", s_shape.Layers);
    private readonly Option<int> _heads = Number("--heads", "Heads of a new model.", s_shape.Heads);
    private readonly Option<int> _window = Number("--window", "Window of a new model.", s_shape.Window);
    private readonly Option<int> _shortest = Number(
        "--shortest",
        "Tokens of the shortest generated document.",
        s_keys.ShortestSource
    );
    private readonly Option<int> _longest = Number(
        "--longest",
        "Tokens of the longest generated document.",
        s_keys.LongestSource
    );
    private readonly Option<int> _asked = Number(
        "--asked-keys",
        "Keys asked of a generated document.",
        s_keys.AskedKeys
    );
    private readonly Option<int> _source = Number(
        "--max-source",
        "Tokens of a source at most.",
        s_defaults.MaxSourceTokens
    );
    private readonly Option<int> _batch = Number("--batch", "Sources of a step at most.", s_defaults.BatchSize);
    private readonly Option<int> _stepTokens = Number(
        "--step-tokens",
        "Tokens of all sources of a step at most, but for one source.",
        s_defaults.StepTokens
    );
    private readonly Option<double?> _rate = new("--learning-rate")
    {
        Description = $"Highest rate; default: {s_defaults.LearningRate}, with --start {StartedRate}.",
    };

    public UnlimiformerCommand()
        : base(
            "unlimiformer",
            "Train an encoder-decoder for sources longer than its window.",
            "FOLDER.training",
            new LoopSettings(s_defaults.Steps, s_defaults.EvaluateEvery),
            s_defaults.Seed
        )
    {
        Arguments.Add(_output);
        AddOptions(
            _pairs,
            _start,
            _tokenizer,
            _retrieval,
            _random,
            _alternating,
            _test,
            _family,
            _hidden,
            _depth,
            _heads,
            _window,
            _shortest,
            _longest,
            _asked,
            _source,
            _batch,
            _stepTokens,
            _rate
        );
    }

    protected override int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var settings = SettingsOf(parsed);
        var keys = parsed.GetValue(_pairs) is null ? KeysOf(parsed) : s_keys;
        var destination = Path.GetFullPath(parsed.GetValue(_output)!);
        var folder = RunBeside(parsed, destination);
        OutputFolder.RequireFree(destination, folder);
        var pairs = parsed.GetValue(_pairs) is { } file ? SummaryPair.Read(file) : null;
        LibtorchRuntime.Load(error);
        var start = StartOf(parsed, folder, settings);
        var training = new UnlimiformerTraining(start, folder, settings, ThreadsOf(parsed), TimeProvider.System);
        var (state, test) = training.Run(ExamplesOf, new ConsoleProgress(error), cancellation);
        OutputFolder.Fill(training.Best, destination);
        output.WriteLine(
            $"{destination}: {state.Step} steps in {state.Seconds:F0} s ({state.ProcessorSeconds:F0} s of the processor), "
                + $"score less loss {state.Best:F2} on held-out examples. Metrics and picture: {folder}"
        );
        foreach (var (name, scores) in test)
        {
            output.WriteLine(
                $"{name}: {string.Join("; ", scores.Measured.Select(one => $"{one.Key} {one.Value:0.###}"))}"
            );
        }

        return 0;

        ISourceExamples ExamplesOf(Tokenizer tokenizer, EncoderDecoderConfig config) =>
            pairs is null
                ? new KeyValueExamples(tokenizer, config.End, keys, settings.Seed)
                : new PairExamples(pairs, tokenizer, config, settings.MaxSourceTokens);
    }

    private TrainedModel StartOf(ParseResult parsed, string folder, UnlimiformerSettings settings)
    {
        RequireAlone(parsed, _start, _tokenizer, _family, _hidden, _depth, _heads, _window);
        var shape = ShapeOf(parsed);
        var start = StartingModel.Find(
            parsed.GetValue(_start),
            parsed.GetValue(_tokenizer),
            StoreOf(parsed),
            folder,
            $"{shape}",
            (created, tokenizer) => EncoderDecoderFolder.Create(created, shape, tokenizer, settings.Seed)
        );
        return EncoderDecoder.Describes(start.Folder)
            ? start
            : throw new TrainingException($"--start {start.Name}: expected an encoder-decoder, T5 or BART.");
    }

    private EncoderDecoderShape ShapeOf(ParseResult parsed)
    {
        var shape = new EncoderDecoderShape
        {
            Family = parsed.GetValue(_family)!,
            HiddenSize = parsed.GetValue(_hidden),
            Layers = parsed.GetValue(_depth),
            Heads = parsed.GetValue(_heads),
            Window = parsed.GetValue(_window),
        };
        OptionChecks.Positive(("--hidden", shape.HiddenSize), ("--layers", shape.Layers), ("--heads", shape.Heads));
        if (shape.Family is not ("t5" or "bart"))
        {
            throw new TrainingException($"--family {shape.Family}: expected t5 or bart.");
        }

        if (shape.HiddenSize % shape.Heads != 0)
        {
            throw new TrainingException(
                $"--hidden {shape.HiddenSize} --heads {shape.Heads}: expected a width that the heads divide."
            );
        }

        return shape.Window >= EncoderDecoderShape.SmallestWindow
            ? shape
            : throw new TrainingException(
                $"--window {shape.Window}: expected {EncoderDecoderShape.SmallestWindow} or more."
            );
    }

    private KeyValueSettings KeysOf(ParseResult parsed)
    {
        var keys = new KeyValueSettings
        {
            ShortestSource = parsed.GetValue(_shortest),
            LongestSource = parsed.GetValue(_longest),
            AskedKeys = parsed.GetValue(_asked),
        };
        OptionChecks.Positive(("--shortest", keys.ShortestSource), ("--asked-keys", keys.AskedKeys));
        var most = parsed.GetValue(_source);
        return keys.LongestSource >= keys.ShortestSource && keys.LongestSource <= most
            ? keys
            : throw new TrainingException(
                $"--longest {keys.LongestSource}: expected {keys.ShortestSource} (--shortest) to {most} (--max-source)."
            );
    }

    private UnlimiformerSettings SettingsOf(ParseResult parsed)
    {
        var isNew = parsed.GetValue(_start) is null;
        var rate = parsed.GetValue(_rate) ?? (isNew ? s_defaults.LearningRate : StartedRate);
        var settings = s_defaults with
        {
            Mode = ModeOf(parsed),
            TestsUnlimiformer = parsed.GetValue(_test),
            MaxSourceTokens = parsed.GetValue(_source),
            BatchSize = parsed.GetValue(_batch),
            StepTokens = parsed.GetValue(_stepTokens),
            Steps = parsed.GetValue(Steps),
            LearningRate = rate,
            PositionLearningRate = isNew ? s_defaults.PositionLearningRate : rate,
            EvaluateEvery = parsed.GetValue(EvaluateEvery),
            Seed = parsed.GetValue(Seed),
        };
        OptionChecks.Positive(
            ("--max-source", settings.MaxSourceTokens),
            ("--batch", settings.BatchSize),
            ("--step-tokens", settings.StepTokens),
            ("--learning-rate", settings.LearningRate)
        );
        return settings;
    }

    /// <summary>As in the published code, retrieval and random training together are alternating training.</summary>
    private UnlimiformerMode ModeOf(ParseResult parsed) =>
        (parsed.GetValue(_alternating), parsed.GetValue(_retrieval), parsed.GetValue(_random)) switch
        {
            (true, _, _) or (_, true, true) => UnlimiformerMode.Alternating,
            (_, true, _) => UnlimiformerMode.Retrieval,
            (_, _, true) => UnlimiformerMode.Random,
            _ => UnlimiformerMode.Truncation,
        };
}
