using McpLongContext.Inference.Bits;

namespace McpLongContext.Training.Bits.Benchmark;

/// <summary>A configuration to be measured, in a process of its own.</summary>
/// <param name="Name">Names what differs from the other cases.</param>
/// <param name="Work">The work that is measured.</param>
/// <param name="Model">The model.</param>
/// <param name="Batch">Streams of a training step; windows at a time.</param>
/// <param name="Threads">Threads.</param>
internal sealed record BitCase(string Name, BitWork Work, BitTransformerConfig Model, int Batch, int Threads)
{
    /// <summary>Whether a training computes products in bfloat16.</summary>
    public bool IsHalf { get; init; }

    /// <summary>The file of the weights, for the engine.</summary>
    public string? ModelPath { get; init; }

    /// <summary>Seconds of the processor to measure for, after a first step.</summary>
    public double Seconds { get; init; } = 4;

    /// <summary>
    /// Bytes that attention may take in TorchSharp: scores and weights of all heads of a chunk, and their gradients.
    /// </summary>
    public long AttentionBytes
    {
        get
        {
            long queries = Model.ChunkSize == 0 ? Model.MaxLength : Math.Min(Model.ChunkSize, Model.MaxLength);
            return 4 * sizeof(float) * Batch * Model.HeadCount * queries * Model.AttendedLength;
        }
    }
}
