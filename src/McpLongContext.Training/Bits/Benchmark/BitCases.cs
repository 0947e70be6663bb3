using McpLongContext.Inference.Bits;

namespace McpLongContext.Training.Bits.Benchmark;

/// <summary>The cases of the benchmark: a basis, and for each switch the same with another value.</summary>
/// <param name="basis">The model that the cases differ from.</param>
/// <param name="batch">Streams of a training step.</param>
/// <param name="threads">Threads.</param>
internal sealed class BitCases(BitTransformerConfig basis, int batch, int threads)
{
    /// <summary>Windows that are tried, in bits.</summary>
    public static IReadOnlyList<int> Windows { get; } = [1024, 4096, 16_384];

    /// <summary>Chunks that are tried, in bits: size and overlap; size 0 for the whole window.</summary>
    public static IReadOnlyList<(int Size, int Overlap)> Chunks { get; } =
    [(256, 256), (512, 256), (2048, 128), (0, 0)];

    /// <summary>The basis.</summary>
    public BitCase Basis => Training("basis", basis);

    /// <summary>The basis with another window.</summary>
    public BitCase OfWindow(int length) => Training($"max_seq_len {length}", basis with { MaxLength = length });

    /// <summary>The basis with other chunks.</summary>
    public BitCase OfChunks(int size, int overlap) =>
        Training(
            size == 0 ? "chunk_size 0, the window" : $"chunk_size {size}, overlap {overlap}",
            basis with
            {
                ChunkSize = size,
                ChunkOverlap = overlap,
            }
        );

    /// <summary>The basis with reversible layers.</summary>
    public BitCase Reversible => Training("reversible", basis with { IsReversible = true });

    /// <summary>The basis with adaptive computation time.</summary>
    public BitCase Adaptive => Training("use_act", basis with { IsAdaptive = true });

    /// <summary>The basis in bfloat16.</summary>
    public BitCase Half => Training("bfloat16", basis) with { IsHalf = true };

    /// <summary>A case of training.</summary>
    public BitCase Training(string name, BitTransformerConfig model) =>
        new(name, BitWork.Training, model, batch, threads);

    /// <summary>A case of inference; a window a thread.</summary>
    public BitCase Inference(string name, BitWork work, string path) =>
        new(name, work, basis, threads, threads) { ModelPath = path };
}
