using System.CommandLine;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Language;
using McpLongContext.Training.Libtorch;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Unlimiformer;
using McpLongContext.Training.Unlimiformer.Decoders;
using McpLongContext.Training.Unlimiformer.Examples;

namespace McpLongContext.Training.Commands;

/// <summary>
/// Trains a model for sources longer than its window: all weights of an encoder-decoder, or LoRA adapters of a decoder,
/// merged at the end.
/// </summary>
internal sealed class UnlimiformerCommand : TrainingCommand
{
    /// <summary>The highest rate of an encoder-decoder whose weights were trained before.</summary>
    private const double StartedRate = 1e-4;

    private static readonly UnlimiformerSettings s_defaults = new();
    private static readonly DecoderSettings s_decoder = new();

    private readonly EncoderDecoderOptions _encoderDecoder = new();
    private readonly DecoderOptions _decoder = new();
    private readonly Argument<string> _output = new("FOLDER")
    {
        Description = "The folder of the new model; models install takes it.",
    };
    private readonly Option<string?> _start = new("--start")
    {
        Description =
            "The model to begin with, installed or a folder: an encoder-decoder, or a decoder of the Llama family; default: a "
            + "new encoder-decoder of random weights.",
    };
    private readonly Option<bool> _retrieval = new("--unlimiformer-training")
    {
        Description = "Each target token attends to its own top k of the whole source; default: to what fits a window.",
    };
    private readonly Option<bool> _random = new("--random-unlimiformer-training")
    {
        Description = "Each layer attends to a random subset of the whole source.",
    };
    private readonly Option<bool> _alternating = new("--alternating") { Description = "Both of them in turn." };
    private readonly Option<bool> _test = new("--test-unlimiformer")
    {
        Description = "Evaluate with Unlimiformer; false: with what fits a window.",
        DefaultValueFactory = _ => s_defaults.TestsUnlimiformer,
    };
    private readonly Option<int?> _stepTokens = new("--step-tokens")
    {
        Description =
            "Tokens of all sources of a step at most, but for one source; "
            + $"default: {s_defaults.StepTokens}, of a decoder {s_decoder.StepTokens}.",
    };
    private readonly Option<double?> _rate = new("--learning-rate")
    {
        Description =
            $"Highest rate; default: {s_defaults.LearningRate}, of an encoder-decoder with --start {StartedRate}.",
    };

    public UnlimiformerCommand()
        : base(
            "unlimiformer",
            "Train an encoder-decoder or a decoder for sources longer than its window.",
            "FOLDER.training",
            new LoopSettings(s_defaults.Steps, s_defaults.EvaluateEvery),
            s_defaults.Seed
        )
    {
        Arguments.Add(_output);
        AddOptions([
            _start,
            _retrieval,
            _random,
            _alternating,
            _test,
            .. _encoderDecoder.All,
            .. _decoder.All,
            _stepTokens,
            _rate,
        ]);
    }

    protected override int Run(ParseResult parsed, CancellationToken cancellation)
    {
        RequireAlone(parsed, _start, [.. _encoderDecoder.OfNewModel]);
        var destination = Path.GetFullPath(parsed.GetValue(_output)!);
        var folder = RunBeside(parsed, destination);
        var start = FindStart(parsed, _start);
        return start is null || EncoderDecoder.Describes(start.Folder)
            ? RunEncoderDecoder(parsed, start, destination, folder, cancellation)
            : RunDecoder(parsed, start, destination, folder, cancellation);
    }

    private int RunDecoder(
        ParseResult parsed,
        TrainedModel start,
        string destination,
        string folder,
        CancellationToken cancellation
    )
    {
        RequireOnly(parsed, "a decoder", _encoderDecoder.All);
        var error = parsed.InvocationConfiguration.Error;
        var config = DecoderConfig.Load(start.Folder);
        var settings = _decoder.SettingsOf(parsed, config, parsed.GetValue(Seed)) with
        {
            Mode = ModeOf(parsed),
            TestsUnlimiformer = parsed.GetValue(_test),
            StepTokens = parsed.GetValue(_stepTokens) ?? s_decoder.StepTokens,
            Steps = parsed.GetValue(Steps),
            LearningRate = parsed.GetValue(_rate) ?? s_decoder.LearningRate,
            EvaluateEvery = parsed.GetValue(EvaluateEvery),
        };
        OptionChecks.Positive(("--step-tokens", settings.StepTokens), ("--learning-rate", settings.LearningRate));
        OutputFolder.RequireFree(destination, folder);
        var corpus = Corpus.Read(parsed.GetValue(_decoder.Corpus) ?? []);
        LibtorchRuntime.Load(error);
        var training = new DecoderTraining(start, folder, settings, ThreadsOf(parsed), TimeProvider.System);
        var (state, test) = training.Run(corpus, new ConsoleProgress(error), cancellation);
        OutputFolder.Fill(training.Best, destination);
        Tell(parsed, $"{destination}: {Outcome(state, folder)}");
        Tell(parsed, Measured(test));
        Tell(
            parsed,
            $"To read with it: --unlimiformer mode=per_layer --unlimiformer layer_begin={settings.LayerBeginOf(config.LayerCount)}"
        );
        return 0;
    }

    /// <summary>Trains an encoder-decoder, a new one where <paramref name="start"/> is null.</summary>
    private int RunEncoderDecoder(
        ParseResult parsed,
        TrainedModel? start,
        string destination,
        string folder,
        CancellationToken cancellation
    )
    {
        RequireOnly(parsed, "an encoder-decoder", _decoder.All);
        var settings = SettingsOf(parsed);
        var keys = _encoderDecoder.KeysOf(parsed);
        OutputFolder.RequireFree(destination, folder);
        var pairs = parsed.GetValue(_encoderDecoder.Pairs) is { } file ? SummaryPair.Read(file) : null;
        var error = parsed.InvocationConfiguration.Error;
        LibtorchRuntime.Load(error);
        start ??= NewModelOf(parsed, folder, settings.Seed);
        var training = new UnlimiformerTraining(start, folder, settings, ThreadsOf(parsed), TimeProvider.System);
        var (state, test) = training.Run(ExamplesOf, new ConsoleProgress(error), cancellation);
        OutputFolder.Fill(training.Best, destination);
        Tell(parsed, $"{destination}: {Outcome(state, folder)}");
        foreach (var (name, scores) in test)
        {
            Tell(parsed, $"{name}: {Measured(scores.Measured)}");
        }

        return 0;

        ISourceExamples ExamplesOf(Tokenizer tokenizer, EncoderDecoderConfig config) =>
            pairs is null
                ? new KeyValueExamples(tokenizer, config.End, keys, settings.Seed)
                : new PairExamples(pairs, tokenizer, config, settings.MaxSourceTokens);
    }

    private TrainedModel NewModelOf(ParseResult parsed, string folder, int seed)
    {
        var shape = _encoderDecoder.ShapeOf(parsed);
        return NewModel.CreateOnce(
            parsed.GetValue(_encoderDecoder.Tokenizer),
            StoreOf(parsed),
            folder,
            $"{shape}",
            (created, tokenizer) => EncoderDecoderFolder.Create(created, shape, tokenizer, seed)
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
            MaxSourceTokens = parsed.GetValue(_encoderDecoder.MaxSource),
            BatchSize = parsed.GetValue(_encoderDecoder.Batch),
            StepTokens = parsed.GetValue(_stepTokens) ?? s_defaults.StepTokens,
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

    /// <summary>Refuses options of the other kind of model.</summary>
    private static void RequireOnly(ParseResult parsed, string kind, IEnumerable<Option> others)
    {
        if (others.FirstOrDefault(one => parsed.GetResult(one) is { Implicit: false }) is { } other)
        {
            throw new TrainingException(
                $"{other.Name}: says nothing of {kind}; leave it out, or begin with another model (--start)."
            );
        }
    }

    private static string Outcome(TrainingState state, string folder) =>
        $"{state.Step} steps in {state.Seconds:F0} s ({state.ProcessorSeconds:F0} s of the processor), "
        + $"score less loss {state.Best:F2} on held-out examples. Metrics and picture: {folder}";

    private static string Measured(IReadOnlyDictionary<string, double> measured) =>
        string.Join("; ", measured.Select(one => $"{one.Key} {one.Value:0.###}"));

    private static void Tell(ParseResult parsed, string line) => parsed.InvocationConfiguration.Output.WriteLine(line);
}
