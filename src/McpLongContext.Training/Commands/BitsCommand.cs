using System.CommandLine;
using McpLongContext.Inference.Bits;
using McpLongContext.LongAttention.Bits;
using McpLongContext.Training.Bits;
using McpLongContext.Training.Libtorch;
using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Commands;

/// <summary>Trains a model of bits on files of any kind.</summary>
internal sealed class BitsCommand : TrainingCommand
{
    private static readonly BitTrainingSettings s_defaults = new();

    private readonly Argument<string[]> _folders = new("FOLDER")
    {
        Description = "Files, or folders with files, of the kind that the model shall know; every tenth is held out.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _output = new("--out")
    {
        Description = "Where the model is written to at the end. Default: the folder of this training.",
    };
    private readonly Option<int> _width = Number("--width", "Width of a hidden state.", s_defaults.Model.Width);
    private readonly Option<int> _heads = Number("--heads", "Attention heads.", s_defaults.Model.HeadCount);
    private readonly Option<int> _layers = Number("--layers", "Layers.", s_defaults.Model.LayerCount);
    private readonly Option<int> _feedForward = Number(
        "--feed-forward",
        "Width of the feed-forward network.",
        s_defaults.Model.FeedForwardSize
    );
    private readonly Option<int> _length = Number("--max-length", "Bits of a window.", s_defaults.Model.MaxLength);
    private readonly Option<int> _chunk = Number(
        "--chunk-size",
        "Bits of a chunk of attention; 0: the window.",
        s_defaults.Model.ChunkSize
    );
    private readonly Option<int> _overlap = Number(
        "--overlap",
        "Bits before its chunk that a bit attends to.",
        s_defaults.Model.ChunkOverlap
    );
    private readonly Option<bool> _parity = new("--parity") { Description = "Read a parity bit after each byte." };
    private readonly Option<bool> _noPlaces = new("--no-places")
    {
        Description = "Without an embedding of a bit's place in its byte.",
    };
    private readonly Option<int> _history = Number(
        "--history",
        "Whole bytes before a bit that are embedded by their values, beside the byte so far; 0: neither.",
        s_defaults.Model.HistoryBytes
    );
    private readonly Option<bool> _reversible = new("--reversible") { Description = "Reversible layers." };
    private readonly Option<bool> _act = new("--act") { Description = "Mix layers by halting probabilities." };
    private readonly Option<int> _batch = Number("--batch", "Streams of a step.", s_defaults.BatchSize);
    private readonly Option<int> _accumulate = Number("--accumulate", "Windows of a step.", s_defaults.Accumulate);
    private readonly Option<double> _minutes = Number("--minutes", "Minutes at most.", s_defaults.Minutes);
    private readonly Option<double> _rate = Number("--learning-rate", "Highest rate.", s_defaults.LearningRate);
    private readonly Option<double> _direct = Number(
        "--direct-prob",
        "Share of streams that are read as they are, not run-length coded; 0: the model reads nothing else later.",
        s_defaults.DirectShare
    );
    private readonly Option<bool> _half = new("--bfloat16") { Description = "Products in bfloat16." };

    public BitsCommand()
        : base(
            "bits",
            "Train a model of bits, which needs no tokenizer, on files of any kind.",
            "in the data folder",
            new LoopSettings(s_defaults.Steps, s_defaults.EvaluateEvery),
            s_defaults.Seed
        )
    {
        Arguments.Add(_folders);
        AddOptions(
            _output,
            _width,
            _heads,
            _layers,
            _feedForward,
            _length,
            _chunk,
            _overlap,
            _parity,
            _noPlaces,
            _history,
            _reversible,
            _act,
            _batch,
            _accumulate,
            _minutes,
            _rate,
            _direct,
            _half
        );
    }

    protected override int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        var home = HomeOf(parsed);
        var settings = SettingsOf(parsed, BitDefaults.Read(home));
        Check(settings);
        var corpus = BitCorpus.Read(parsed.GetValue(_folders)!);
        corpus.Require(BitStreams.BytesOf(settings.Model));
        LibtorchRuntime.Load(error);
        TorchSharp.torch.set_num_threads(ThreadsOf(parsed));
        var folder = RunOf(parsed, "bits");
        var training = new BitTraining(corpus, folder, settings, TimeProvider.System);
        var state = training.Run(error, cancellation);
        var output = parsed.GetValue(_output) ?? training.ModelPath;
        if (output != training.ModelPath)
        {
            AtomicFile.Copy(training.ModelPath, output);
        }

        parsed.InvocationConfiguration.Output.WriteLine(
            $"{output}: {new FileInfo(output).Length:N0} bytes, {state.Step} steps in {state.Seconds:F0} s, "
                + $"{state.Best * settings.Model.BitsPerByte:F3} bits a byte on held-out files."
        );
        return 0;
    }

    /// <summary>The options that are given; for the others the defaults of this machine, if they were measured.</summary>
    private BitTrainingSettings SettingsOf(ParseResult parsed, BitDefaults? measured)
    {
        var length = Or(_length, measured?.MaxSeqLen);
        var chunk = Or(_chunk, measured?.ChunkSize);
        var overlap = Or(_overlap, Math.Min(length, measured?.Overlap ?? s_defaults.Model.ChunkOverlap));
        return s_defaults with
        {
            Model = new BitTransformerConfig
            {
                Width = parsed.GetValue(_width),
                HeadCount = parsed.GetValue(_heads),
                LayerCount = parsed.GetValue(_layers),
                FeedForwardSize = parsed.GetValue(_feedForward),
                MaxLength = length,
                ChunkSize = chunk,
                ChunkOverlap = chunk == 0 ? 0 : overlap,
                Parity = parsed.GetValue(_parity),
                RunLength = parsed.GetValue(_direct) == 0,
                HasPlaces = !parsed.GetValue(_noPlaces),
                HistoryBytes = parsed.GetValue(_history),
                IsReversible = Or(_reversible, measured?.Reversible),
                IsAdaptive = Or(_act, measured?.UseAct),
            },
            BatchSize = Or(_batch, measured?.Batch),
            Accumulate = parsed.GetValue(_accumulate),
            Steps = parsed.GetValue(Steps),
            Minutes = parsed.GetValue(_minutes),
            LearningRate = parsed.GetValue(_rate),
            DirectShare = parsed.GetValue(_direct),
            IsHalf = Or(_half, measured?.Bfloat16),
            EvaluateEvery = parsed.GetValue(EvaluateEvery),
            Seed = parsed.GetValue(Seed),
        };

        T Or<T>(Option<T> option, T? otherwise)
            where T : struct =>
            parsed.GetResult(option) is { Implicit: false }
                ? parsed.GetValue(option)
                : otherwise ?? parsed.GetValue(option);
    }

    private static void Check(BitTrainingSettings settings)
    {
        var model = settings.Model;
        OptionChecks.Positive(
            ("--width", model.Width),
            ("--heads", model.HeadCount),
            ("--layers", model.LayerCount),
            ("--feed-forward", model.FeedForwardSize),
            ("--max-length", model.MaxLength),
            ("--batch", settings.BatchSize),
            ("--accumulate", settings.Accumulate),
            ("--minutes", settings.Minutes),
            ("--learning-rate", settings.LearningRate)
        );
        if (model.ChunkSize < 0 || model.ChunkOverlap < 0)
        {
            throw new TrainingException(
                $"--chunk-size {model.ChunkSize}, --overlap {model.ChunkOverlap}: expected 0 or more."
            );
        }

        if (settings.DirectShare is not (>= 0 and <= 1))
        {
            throw new TrainingException($"--direct-prob {settings.DirectShare}: expected a share, 0 to 1.");
        }

        if (model.FindProblem() is { } problem)
        {
            throw new TrainingException(problem + ".");
        }
    }
}
