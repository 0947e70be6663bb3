using System.CommandLine;
using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Libtorch;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Commands;

/// <summary>Trains an adapter of Infini-attention and puts it into the model's folder.</summary>
internal sealed class InfiniCommand : TrainingCommand
{
    private static readonly InfiniSettings s_defaults = new();

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "An installed model of the Llama family, or a folder with one.",
    };

    private readonly Option<string?> _output = new("--out")
    {
        Description =
            "Where the adapter is written to at the end. Default: the model's folder, where the server finds it.",
    };
    private readonly Option<string[]> _corpus = new("--corpus")
    {
        Description =
            "Documents, files or folders of text: filler, and facts of sentence-facts. Beside what the model writes.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string[]> _tasks = new("--task")
    {
        Description = $"Tasks, each perhaps with =WEIGHT: {string.Join(", ", TaskMix.Names)}.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. s_defaults.Tasks],
    };
    private readonly Option<UpdateRule> _rule = new("--rule")
    {
        Description = "How segments are written.",
        DefaultValueFactory = _ => s_defaults.Adapter.Rule,
    };
    private readonly Option<string?> _start = new("--start")
    {
        Description =
            "What training begins with: an adapter of the same model, whose rule may be the other one, or a folder with a LoRA "
            + "adapter in the layout of PEFT.",
    };
    private readonly Option<int> _rank = Number("--rank", "Rank of the LoRA adapters.", s_defaults.Adapter.Rank);
    private readonly Option<double> _alpha = Number(
        "--alpha",
        "alpha / rank multiplies them.",
        s_defaults.Adapter.Alpha
    );
    private readonly Option<int> _segment = Number("--segment", "Tokens of a segment.", s_defaults.SegmentTokens);
    private readonly Option<int> _batch = Number(
        "--batch",
        "Examples of a step at the first level.",
        s_defaults.BatchSize
    );
    private readonly Option<double> _rate = Number("--learning-rate", "Highest rate.", s_defaults.LearningRate);
    private readonly Option<double> _gateRate = Number(
        "--gate-rate",
        "Rate of the gates.",
        s_defaults.GateLearningRate
    );
    private readonly Option<double> _plainWeight = Number(
        "--plain-weight",
        "Weight of the loss on plain text, which keeps the model what it was.",
        s_defaults.PlainWeight
    );
    private readonly Option<int> _plainPositions = Number(
        "--plain-positions",
        "Positions of plain text in a segment at which it is taken.",
        s_defaults.PlainPositions
    );
    private readonly Option<int> _keys = Number("--most-keys", "Keys of a text in several-keys.", s_defaults.MostKeys);
    private readonly Option<int> _own = Number("--own-tokens", "Tokens of filler by the model.", s_defaults.OwnTokens);
    private readonly Option<int?> _horizon = new("--horizon")
    {
        Description =
            "Read segment by segment through the whole model, with gradients over so many; default: all segments at once "
            + "inside attention.",
    };
    private readonly Option<bool> _half = new("--bfloat16") { Description = "Keep frozen weights in bfloat16." };
    private readonly Option<bool> _byLayer = new("--by-layer")
    {
        Description =
            "For large models: read frozen weights, and compute what gradients need, layer by layer. Slower, in the memory "
            + "of one layer.",
    };

    public InfiniCommand()
        : base(
            "infini",
            "Train an adapter of Infini-attention: gates and LoRA adapters of q, k, v and o.",
            "in the data folder",
            new LoopSettings(s_defaults.Steps, s_defaults.EvaluateEvery),
            s_defaults.Seed
        )
    {
        Arguments.Add(_model);
        AddOptions(
            _output,
            _corpus,
            _tasks,
            _rule,
            _start,
            _rank,
            _alpha,
            _segment,
            _batch,
            _rate,
            _gateRate,
            _plainWeight,
            _plainPositions,
            _keys,
            _own,
            _horizon,
            _half,
            _byLayer
        );
    }

    protected override int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        var settings = SettingsOf(parsed);
        var home = HomeOf(parsed);
        var store = StoreOf(parsed);
        var model = TrainedModel.Find(parsed.GetValue(_model)!, store);
        Check(settings, DecoderConfig.Load(model.Folder));
        var corpus = Corpus.Read(parsed.GetValue(_corpus) ?? []);
        var start = StartOf(parsed.GetValue(_start), model, settings.Adapter);
        LibtorchRuntime.Load(error);
        var rule = settings.Adapter.Rule.ToString().ToLowerInvariant();
        var folder = RunOf(parsed, $"{model.Name}-infini-{rule}");
        var training = new InfiniTraining(model, folder, settings, ThreadsOf(parsed), TimeProvider.System);
        var state = training.Run(corpus, start, new ConsoleProgress(error), cancellation);
        var output = parsed.GetValue(_output) ?? Path.Combine(model.Folder, InfiniAdapter.FileName);
        AtomicFile.Copy(training.AdapterPath, output);
        parsed.InvocationConfiguration.Output.WriteLine(
            $"{output}: {new FileInfo(output).Length} bytes, {state.Step} steps in {state.Seconds:F0} s ({state.ProcessorSeconds:F0} s of "
                + $"the processor), score {state.Best:F2} on held-out texts. Metrics and picture: {folder}"
        );
        return 0;
    }

    private InfiniSettings SettingsOf(ParseResult parsed) =>
        s_defaults with
        {
            Adapter = s_defaults.Adapter with
            {
                Rule = parsed.GetValue(_rule),
                Rank = parsed.GetValue(_rank),
                Alpha = parsed.GetValue(_alpha),
                IsHalf = parsed.GetValue(_half),
                IsByLayer = parsed.GetValue(_byLayer),
                Seed = parsed.GetValue(Seed),
            },
            SegmentTokens = parsed.GetValue(_segment),
            Steps = parsed.GetValue(Steps),
            BatchSize = parsed.GetValue(_batch),
            LearningRate = parsed.GetValue(_rate),
            GateLearningRate = parsed.GetValue(_gateRate),
            PlainWeight = parsed.GetValue(_plainWeight),
            PlainPositions = parsed.GetValue(_plainPositions),
            Tasks = parsed.GetValue(_tasks)!,
            MostKeys = parsed.GetValue(_keys),
            OwnTokens = parsed.GetValue(_own),
            EvaluateEvery = parsed.GetValue(EvaluateEvery),
            Horizon = parsed.GetValue(_horizon),
            Seed = parsed.GetValue(Seed),
        };

    private static void Check(InfiniSettings settings, DecoderConfig config)
    {
        OptionChecks.Positive(
            ("--rank", settings.Adapter.Rank),
            ("--alpha", settings.Adapter.Alpha),
            ("--batch", settings.BatchSize),
            ("--learning-rate", settings.LearningRate),
            ("--gate-rate", settings.GateLearningRate),
            ("--horizon", settings.Horizon ?? 1)
        );
        if (settings.MostKeys < 2)
        {
            throw new TrainingException($"--most-keys {settings.MostKeys}: expected 2 or more.");
        }

        if (settings.Adapter.IsByLayer && (settings.Horizon is not null || settings.Adapter.IsHalf))
        {
            throw new TrainingException("--by-layer: expected without --horizon and --bfloat16.");
        }

        OptionChecks.Segment(settings.SegmentTokens, 32, config.ContextLength);
        if (settings.Tasks.Count == 0 || settings.Tasks[0].StartsWith("language", StringComparison.Ordinal))
        {
            throw new TrainingException(
                "--task: the first one decides when texts grow; expected one that asks something, such as pass-key."
            );
        }
    }

    /// <summary>The adapter to begin with, of the rank that the options say or a lower one.</summary>
    private static StartingAdapter? StartOf(string? path, TrainedModel model, AdapterSettings settings)
    {
        var start = path is null ? null : StartingAdapter.Load(path, model);
        foreach (var rank in (start?.Changes ?? []).Select(change => change.Rank))
        {
            if (rank > settings.Rank)
            {
                throw new TrainingException(
                    $"--start {path}: rank {rank} found, expected at most {settings.Rank}. Give --rank {rank}, or another adapter."
                );
            }
        }

        return start;
    }
}
