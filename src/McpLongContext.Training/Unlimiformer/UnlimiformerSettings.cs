using McpLongContext.LongAttention.Unlimiformer.CrossAttention;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>A training of all weights of an encoder-decoder for sources longer than its window.</summary>
internal sealed record UnlimiformerSettings
{
    /// <summary>The tokens of a source that cross-attention sees in training.</summary>
    public UnlimiformerMode Mode { get; init; } = UnlimiformerMode.Truncation;

    /// <summary>Whether what is held out is read with Unlimiformer when it is scored; otherwise the first window is.</summary>
    public bool TestsUnlimiformer { get; init; } = true;

    /// <summary>The share of a window that others keep.</summary>
    public double Overlap { get; init; } = SourceWindow.DefaultOverlap;

    /// <summary>Tokens of a source at most, in training.</summary>
    public int MaxSourceTokens { get; init; } = 16_384;

    /// <summary>Sources of a step at most.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Tokens of all sources of a step, but for the first source, which may have more.</summary>
    public int StepTokens { get; init; } = 6_000;

    /// <summary>Steps at most.</summary>
    public int Steps { get; init; } = 600;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>
    /// The learning rate of tables of relative positions, which have far to go in a new model: a head looks at the token
    /// before when its bias is some units above the others.
    /// </summary>
    public double PositionLearningRate { get; init; } = 0.05;

    /// <summary>The decay of matrices.</summary>
    public double Decay { get; init; } = 0.01;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUp { get; init; } = 40;

    /// <summary>Steps between two evaluations on what is held out.</summary>
    public int EvaluateEvery { get; init; } = 200;

    /// <summary>Chooses everything that is random.</summary>
    public int Seed { get; init; } = 1;
}
