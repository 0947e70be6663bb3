using System.Diagnostics;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Layers;
using McpLongContext.Training.Libtorch;
using static TorchSharp.torch;

namespace McpLongContext.Training.Bits.Benchmark;

/// <summary>Measures a case in this process, on random bits: neither rate nor memory depends on them.</summary>
internal static class BitMeter
{
    private const int CorpusBytes = 1 << 20;

    /// <summary>Time by the clock after which a processor's time of nothing is not believed.</summary>
    private static readonly TimeSpan s_mostSilence = TimeSpan.FromMinutes(1);

    /// <summary>Measures a case. The memory is that of the whole process, so nothing else may have run in it.</summary>
    public static BitMeasurement Measure(BitCase one, TextWriter log)
    {
        var rate = one.Work switch
        {
            BitWork.Training => OfTraining(one, log),
            BitWork.Torch => OfTorch(one, log),
            BitWork.Engine => OfEngine(one, Precision.Float32),
            _ => OfEngine(one, Precision.Int8),
        };
        using var process = Process.GetCurrentProcess();
        // macOS keeps no peak.
        return new BitMeasurement(rate, Math.Max(process.PeakWorkingSet64, process.WorkingSet64));
    }

    private static double OfTraining(BitCase one, TextWriter log)
    {
        Begin(one, log);
        var settings = new BitTrainingSettings
        {
            Model = one.Model,
            BatchSize = one.Batch,
            IsHalf = one.IsHalf,
        };
        var corpus = new byte[Math.Max(CorpusBytes, 2 * BitStreams.BytesOf(one.Model))];
        new Random(1).NextBytes(corpus);
        using var model = new BitModule(one.Model, one.IsHalf);
        using var trainer = new BitTrainer(model, corpus, settings);
        var step = 0;
        var bits = one.Batch * (one.Model.ChunkSize == 0 ? one.Model.MaxLength : one.Model.ChunkSize);
        return Rate(one.Seconds, bits, () => trainer.Step(++step, progress: 0));
    }

    private static double OfTorch(BitCase one, TextWriter log)
    {
        Begin(one, log);
        using var model = new BitModule(one.Model);
        using var frozen = no_grad();
        using var bits = randint(0, 2, [one.Batch, one.Model.MaxLength], ScalarType.Int64);
        return Rate(
            one.Seconds,
            one.Batch * one.Model.MaxLength,
            () =>
            {
                using var scope = NewDisposeScope();
                model.Forward(bits, place: 0);
            }
        );
    }

    private static double OfEngine(BitCase one, Precision precision)
    {
        var model = BitTransformer.Load(one.ModelPath!, precision);
        var length = one.Model.MaxLength;
        var random = new Random(1);
        var workers = Enumerable
            .Range(0, one.Batch)
            .Select(_ =>
                (
                    Session: model.CreateSession(),
                    Bits: Enumerable.Range(0, length).Select(_ => (byte)random.Next(2)).ToArray(),
                    Logits: new float[2 * length]
                )
            )
            .ToArray();
        return Rate(
            one.Seconds,
            one.Batch * length,
            () =>
                Parallel.ForEach(
                    workers,
                    new ParallelOptions { MaxDegreeOfParallelism = one.Threads },
                    worker =>
                    {
                        worker.Session.Reset();
                        worker.Session.Forward(worker.Bits, place: 0, worker.Logits);
                    }
                )
        );
    }

    private static void Begin(BitCase one, TextWriter log)
    {
        LibtorchRuntime.Load(log);
        set_num_threads(one.Threads);
    }

    /// <summary>
    /// Bits that a core reads in a second of its own time, which other programs hardly disturb, over all steps: the clock
    /// of that may be coarser than a step. The first step also makes what is made once; it counts only where it takes all
    /// of the seconds.
    /// </summary>
    /// <exception cref="TrainingException">The system counts no time of the process.</exception>
    private static double Rate(double seconds, long bits, Action step)
    {
        var begin = Environment.CpuUsage.TotalTime;
        step();
        var (spent, steps) = ((Environment.CpuUsage.TotalTime - begin).TotalSeconds, 1);
        if (spent < seconds)
        {
            begin = Environment.CpuUsage.TotalTime;
            var clock = Stopwatch.StartNew();
            steps = 0;
            do
            {
                step();
                steps++;
                spent = (Environment.CpuUsage.TotalTime - begin).TotalSeconds;
            } while (spent < seconds && (spent > 0 || clock.Elapsed < s_mostSilence));
        }

        return spent > 0
            ? bits * steps / spent
            : throw new TrainingException(
                "the system counts no processor time of this process: rates of a core cannot be measured."
            );
    }
}
