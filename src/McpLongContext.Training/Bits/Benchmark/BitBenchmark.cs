using System.Globalization;
using McpLongContext.LongAttention.Bits;

namespace McpLongContext.Training.Bits.Benchmark;

/// <summary>
/// Measures memory and rate of a bit model over its switches, and chooses defaults for a machine of some memory.
/// </summary>
/// <param name="measure">Measures a case.</param>
/// <param name="output">Receives a line a case.</param>
internal sealed class BitBenchmark(Func<BitCase, Task<BitMeasurement?>> measure, TextWriter output)
{
    private const double MiB = 1 << 20;

    /// <summary>Measures and chooses.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="memory">Bytes of RAM of the machine.</param>
    /// <param name="modelPath">A model of the basis, for the engine.</param>
    /// <exception cref="TrainingException">Not even the smallest training fits the memory.</exception>
    public async Task<BitDefaults> RunAsync(BitCases cases, long memory, string modelPath)
    {
        var limit = BitChoice.LimitOf(memory);
        output.WriteLine("case\tMiB\tbits/s of a core");
        var basis = await MeasureAsync(cases.Basis, limit);
        var windows = new List<(int, BitMeasurement?)>();
        foreach (var length in BitCases.Windows)
        {
            windows.Add((length, await OrBasisAsync(cases.OfWindow(length))));
        }

        var chunks = new List<((int, int), BitMeasurement?)>();
        foreach (var (size, overlap) in BitCases.Chunks)
        {
            chunks.Add(((size, overlap), await OrBasisAsync(cases.OfChunks(size, overlap))));
        }

        var reversible = await MeasureAsync(cases.Reversible, limit);
        var adaptive = await MeasureAsync(cases.Adaptive, limit);
        var half = await MeasureAsync(cases.Half, limit);
        var torch = await MeasureAsync(cases.Inference("inference, TorchSharp", BitWork.Torch, modelPath), limit);
        var engine = await MeasureAsync(cases.Inference("inference, engine", BitWork.Engine, modelPath), limit);
        var int8 = await MeasureAsync(cases.Inference("inference, int8", BitWork.QuantizedEngine, modelPath), limit);
        if (torch is not null && engine is not null)
        {
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The engine reads {engine.BitsPerSecond / torch.BitsPerSecond:0.0} times as fast as TorchSharp."
                )
            );
        }

        var model = BitChoice.Together(
            cases.Basis.Model,
            BitChoice.Longest(windows, limit),
            BitChoice.Longest(chunks, limit)
        ) with
        {
            IsReversible = BitChoice.IsSmaller(reversible, basis),
            IsAdaptive = BitChoice.IsFaster(adaptive, basis, limit),
        };
        var chosen = cases.Training("defaults", model) with { IsHalf = BitChoice.IsFaster(half, basis, limit) };
        return new BitDefaults
        {
            Ram = memory,
            MaxSeqLen = model.MaxLength,
            ChunkSize = model.ChunkSize,
            Overlap = model.ChunkOverlap,
            Reversible = model.IsReversible,
            UseAct = model.IsAdaptive,
            Bfloat16 = chosen.IsHalf,
            Batch = await BatchOfAsync(chosen, limit),
            Quantize = BitChoice.IsFaster(int8, engine, limit),
        };

        Task<BitMeasurement?> OrBasisAsync(BitCase one) =>
            one.Model == cases.Basis.Model ? Task.FromResult(basis) : MeasureAsync(one, limit);
    }

    /// <summary>The chosen values together are measured, too: streams are halved until they fit.</summary>
    private async Task<int> BatchOfAsync(BitCase chosen, long limit)
    {
        while (true)
        {
            var found = await MeasureAsync(chosen, limit);
            if (found is not null && found.Memory <= limit)
            {
                return chosen.Batch;
            }

            if (chosen.Batch == 1)
            {
                throw new TrainingException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"--memory: a training of one stream takes {(found is null ? "more" : $"{found.Memory / MiB:0} MiB")}, half of the memory is {limit / MiB:0} MiB; give more, or a smaller --width, --layers or --feed-forward."
                    )
                );
            }

            chosen = chosen with { Name = $"defaults, batch {chosen.Batch / 2}", Batch = chosen.Batch / 2 };
        }
    }

    private async Task<BitMeasurement?> MeasureAsync(BitCase one, long limit)
    {
        var found =
            one.Work is BitWork.Training or BitWork.Torch && one.AttentionBytes > limit ? null : await measure(one);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{one.Name}\t{(found is null ? "does not fit" : $"{found.Memory / MiB:0}\t{found.BitsPerSecond:0}")}"
            )
        );
        return found;
    }
}
