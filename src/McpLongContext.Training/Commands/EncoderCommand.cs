using System.CommandLine;
using McpLongContext.Inference.Bert;
using McpLongContext.Training.Encoders;
using McpLongContext.Training.Encoders.Pairs;
using McpLongContext.Training.Libtorch;
using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Commands;

/// <summary>Trains an adapter of an encoder for search and puts it into the encoder's folder.</summary>
internal sealed class EncoderCommand : TrainingCommand
{
    private static readonly EncoderSettings s_defaults = new();

    private readonly Argument<string[]> _sources = new("SOURCE")
    {
        Description = "Folders and datastores with code, its history and documents, from which pairs are taken.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _model = new("--model")
    {
        Description = "An installed encoder, or a folder with one. Default: the one that is used unless configured.",
    };
    private readonly Option<string?> _output = new("--out")
    {
        Description =
            "Where the adapter is written to at the end. Default: the encoder's folder, where the server finds it.",
    };
    private readonly Option<string[]> _pairs = new("--pairs")
    {
        Description = $"Kinds of pairs: {string.Join(", ", PairReader.Kinds)}.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. s_defaults.Pairs],
    };
    private readonly Option<int?> _dimensions = new("--dimensions")
    {
        Description =
            "Project embeddings to so many dimensions, a multiple of 64; default: as many as hidden states have.",
    };
    private readonly Option<int> _rank = Number("--rank", "Rank of the LoRA adapters.", s_defaults.Adapter.Rank);
    private readonly Option<double> _alpha = Number(
        "--alpha",
        "alpha / rank multiplies them.",
        s_defaults.Adapter.Alpha
    );
    private readonly Option<int> _batch = Number("--batch", "Pairs of a step.", s_defaults.BatchSize);
    private readonly Option<int> _tokens = Number(
        "--passage-tokens",
        "Tokens of a passage in training.",
        s_defaults.PassageTokens
    );
    private readonly Option<double> _rate = Number("--learning-rate", "Highest rate.", s_defaults.LearningRate);
    private readonly Option<double> _keep = Number(
        "--keep-weight",
        "Weight of the loss that keeps embeddings what they were.",
        s_defaults.KeepWeight
    );

    private readonly Option<bool> _half = new("--bfloat16") { Description = "Keep frozen weights in bfloat16." };

    public EncoderCommand()
        : base(
            "encoder",
            "Train an adapter of the encoder: late interaction on pairs from code and documents.",
            "in the data folder",
            new LoopSettings(s_defaults.Steps, s_defaults.EvaluateEvery),
            s_defaults.Seed
        )
    {
        Arguments.Add(_sources);
        AddOptions(_model, _output, _pairs, _dimensions, _rank, _alpha, _batch, _tokens, _rate, _keep, _half);
    }

    protected override int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        var settings = SettingsOf(parsed);
        var home = HomeOf(parsed);
        var store = StoreOf(parsed);
        var model = TrainedModel.Find(parsed.GetValue(_model) ?? store.Catalog.DefaultEncoder.Name, store);
        Check(settings, model);
        var reader = new PairReader(home, settings.Pairs, settings.Seed);
        var sources = PairSource.Apart([
            .. parsed.GetValue(_sources)!.Distinct().Select(name => Read(reader, name, error, cancellation)),
        ]);
        foreach (var source in sources)
        {
            error.WriteLine(
                $"{source.Name}: {source.Training.Count} pairs to learn from, {source.HeldOut.Count} held out"
            );
        }

        LibtorchRuntime.Load(error);
        var folder = RunOf(parsed, $"{model.Name}-encoder");
        var training = new EncoderTraining(model, folder, settings, ThreadsOf(parsed), TimeProvider.System);
        var state = training.Run(sources, new ConsoleProgress(error), cancellation);
        var output = parsed.GetValue(_output) ?? Path.Combine(model.Folder, EncoderAdapter.FileName);
        if (!File.Exists(training.AdapterPath))
        {
            throw new TrainingException(
                $"after {state.Step} steps no adapter was as good on held-out pairs as none: none was installed. Give more "
                    + $"sources or --steps; metrics are in {folder}."
            );
        }

        AtomicFile.Copy(training.AdapterPath, output);
        parsed.InvocationConfiguration.Output.WriteLine(
            $"{output}: {new FileInfo(output).Length} bytes, {state.Step} steps in {state.Seconds:F0} s ({state.ProcessorSeconds:F0} s of "
                + $"the processor), mean reciprocal rank {state.Best:F3} on held-out pairs. Metrics and picture: {folder}"
        );
        return 0;
    }

    private static PairSource Read(PairReader reader, string name, TextWriter error, CancellationToken cancellation)
    {
        var source = reader.Read(name, cancellation);
        var counts = source
            .Training.Concat(source.HeldOut)
            .CountBy(pair => pair.Kind)
            .Select(one => $"{one.Value} {one.Key}");
        error.WriteLine($"{name}: pairs: {string.Join(", ", counts)}");
        return source;
    }

    private EncoderSettings SettingsOf(ParseResult parsed) =>
        s_defaults with
        {
            Adapter = s_defaults.Adapter with
            {
                Rank = parsed.GetValue(_rank),
                Alpha = parsed.GetValue(_alpha),
                Dimensions = parsed.GetValue(_dimensions),
                IsHalf = parsed.GetValue(_half),
                Seed = parsed.GetValue(Seed),
            },
            Pairs = parsed.GetValue(_pairs)!,
            Steps = parsed.GetValue(Steps),
            BatchSize = parsed.GetValue(_batch),
            PassageTokens = parsed.GetValue(_tokens),
            LearningRate = parsed.GetValue(_rate),
            KeepWeight = parsed.GetValue(_keep),
            EvaluateEvery = parsed.GetValue(EvaluateEvery),
            Seed = parsed.GetValue(Seed),
        };

    private static void Check(EncoderSettings settings, TrainedModel model)
    {
        OptionChecks.Positive(
            ("--rank", settings.Adapter.Rank),
            ("--alpha", settings.Adapter.Alpha),
            ("--learning-rate", settings.LearningRate)
        );
        var path = Path.Combine(model.Folder, BertConfig.FileName);
        if (!BertConfig.Describes(path))
        {
            throw new TrainingException(
                $"--model {model.Name}: no encoder (BERT) found in {model.Folder}. mcp-long-context models list shows those "
                    + "that are installed."
            );
        }

        var config = BertConfig.Load(path);
        Require("--batch", settings.BatchSize, 2, 4096);
        Require("--passage-tokens", settings.PassageTokens, 16, config.MaxPositions);
        if (settings.KeepWeight is not (>= 0 and < double.PositiveInfinity))
        {
            throw new TrainingException($"--keep-weight {settings.KeepWeight}: expected 0 or more.");
        }

        if (
            settings.Adapter.Dimensions is { } dimensions
            && (dimensions <= 0 || dimensions > config.HiddenSize || dimensions % EncoderAdapter.DimensionStep != 0)
        )
        {
            throw new TrainingException(
                $"--dimensions {dimensions}: expected a multiple of {EncoderAdapter.DimensionStep} up to {config.HiddenSize}."
            );
        }

        foreach (var kind in settings.Pairs.Except(PairReader.Kinds))
        {
            throw new TrainingException($"--pairs {kind}: expected {string.Join(", ", PairReader.Kinds)}.");
        }
    }

    private static void Require(string option, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new TrainingException($"{option} {value}: expected {least} to {most}.");
        }
    }
}
