using System.Globalization;

namespace McpLongContext.Training.Bits;

/// <summary>A whole training of a bit model: steps, evaluations, checkpoints, and the best model as a file.</summary>
/// <param name="corpus">The files.</param>
/// <param name="folder">Where checkpoints are kept.</param>
/// <param name="settings">How to train.</param>
/// <param name="time">The clock.</param>
internal sealed class BitTraining(BitCorpus corpus, string folder, BitTrainingSettings settings, TimeProvider time)
{
    /// <summary>Bits that an evaluation reads, or eight windows.</summary>
    private const int HeldOutBits = 1 << 16;
    private const int StepsALine = 20;

    private readonly string _checkpoint = Path.Combine(folder, BitCheckpoint.FileName);

    /// <summary>The model that was best on what is held out.</summary>
    public string ModelPath { get; } = Path.Combine(folder, Inference.Bits.BitTransformer.FileName);

    /// <summary>Trains, or continues with a training that was broken off.</summary>
    /// <param name="log">Told after some steps and every evaluation.</param>
    /// <param name="cancellation">Breaks it off; the last step is kept.</param>
    /// <exception cref="TrainingException">The loss is no number any more, or a file cannot be written.</exception>
    public BitTrainingState Run(TextWriter log, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        corpus.Require(BitStreams.BytesOf(settings.Model));
        TorchSharp.torch.manual_seed(settings.Seed);
        using var model = new BitModule(settings.Model, settings.IsHalf);
        using var trainer = new BitTrainer(model, corpus.Trained, settings);
        var state = File.Exists(_checkpoint)
            ? BitCheckpoint.Load(_checkpoint, model, trainer)
            : new BitTrainingState(0, 0, 0);
        log.WriteLine(
            $"{corpus.Trained.Length:N0} bytes to train on, {corpus.HeldOut.Length:N0} held out, "
                + $"{settings.Model.ParameterCount:N0} parameters, from step {state.Step}"
        );
        double? mean = null;
        while (Progress(state) < 1)
        {
            if (cancellation.IsCancellationRequested)
            {
                BitCheckpoint.Save(_checkpoint, model, trainer, state);
                throw new OperationCanceledException(cancellation);
            }

            var began = time.GetTimestamp();
            var result = trainer.Step(state.Step + 1, Progress(state));
            if (!double.IsFinite(result))
            {
                throw new TrainingException(
                    $"step {state.Step + 1}: the loss is no number any more; lower --learning-rate. The last checkpoint "
                        + "is kept."
                );
            }

            var loss = mean is { } before ? (0.98 * before) + (0.02 * result) : result;
            mean = loss;
            state = state with
            {
                Step = state.Step + 1,
                Bits = state.Bits + BitsOfStep,
                Seconds = state.Seconds + time.GetElapsedTime(began).TotalSeconds,
            };
            if (state.Step % StepsALine == 0)
            {
                log.WriteLine(Line(state, loss));
            }

            if (state.Step % settings.EvaluateEvery == 0 || Progress(state) >= 1)
            {
                state = Evaluate(model, trainer, state, log);
            }
        }

        return state;
    }

    private long BitsOfStep =>
        (long)settings.BatchSize
        * settings.Accumulate
        * (settings.Model.ChunkSize == 0 ? settings.Model.MaxLength : settings.Model.ChunkSize);

    private double Progress(BitTrainingState state) =>
        Math.Max((double)state.Step / settings.Steps, state.Seconds / (60 * settings.Minutes));

    private string Line(BitTrainingState state, double loss) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"step {state.Step}, {Progress(state):P0}, {state.Seconds:F0} s, {state.Bits / state.Seconds:F0} bits/s, "
                + $"{loss * settings.Model.BitsPerByte:F3} bits a byte"
        );

    private BitTrainingState Evaluate(BitModule model, BitTrainer trainer, BitTrainingState state, TextWriter log)
    {
        var heldOut = BitTrainer.Evaluate(model, corpus.HeldOut, HeldOutBits);
        log.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"step {state.Step}, held out: {heldOut * settings.Model.BitsPerByte:F3} bits a byte"
            )
        );
        if (heldOut < state.Best)
        {
            state = state with { Best = heldOut };
            BitExport.Save(ModelPath, model, isHalf: true, Notes(state));
        }

        BitCheckpoint.Save(_checkpoint, model, trainer, state);
        return state;
    }

    private Dictionary<string, string> Notes(BitTrainingState state) =>
        new(StringComparer.Ordinal)
        {
            ["trained_steps"] = state.Step.ToString(CultureInfo.InvariantCulture),
            ["trained_bits"] = state.Bits.ToString(CultureInfo.InvariantCulture),
            ["held_out_bits_per_byte"] = (state.Best * settings.Model.BitsPerByte).ToString(
                "F3",
                CultureInfo.InvariantCulture
            ),
        };
}
