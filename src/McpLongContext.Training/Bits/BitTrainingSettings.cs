using McpLongContext.Inference.Bits;

namespace McpLongContext.Training.Bits;

/// <summary>How a bit model is trained.</summary>
internal sealed record BitTrainingSettings
{
    /// <summary>The model.</summary>
    public BitTransformerConfig Model { get; init; } =
        new()
        {
            MaxLength = 4096,
            ChunkSize = 512,
            ChunkOverlap = 256,
        };

    /// <summary>Streams that are read in step.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Windows whose gradients are added up for one step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Steps at most.</summary>
    public int Steps { get; init; } = 4000;

    /// <summary>Minutes at most; the rate descends with whichever comes sooner.</summary>
    public double Minutes { get; init; } = 30;

    /// <summary>Highest rate.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Steps until then.</summary>
    public int WarmUp { get; init; } = 100;

    /// <summary>The share of streams that are read as they are, the others run-length coded.</summary>
    public double DirectShare { get; init; } = 1;

    /// <summary>Whether products are computed in bfloat16.</summary>
    public bool IsHalf { get; init; }

    /// <summary>Steps between evaluations and checkpoints.</summary>
    public int EvaluateEvery { get; init; } = 200;

    /// <summary>Chooses everything that is random.</summary>
    public int Seed { get; init; } = 1;
}
