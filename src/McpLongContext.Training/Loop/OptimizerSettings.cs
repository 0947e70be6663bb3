namespace McpLongContext.Training.Loop;

/// <summary>How parameters are changed along their gradients.</summary>
internal sealed record OptimizerSettings
{
    /// <summary>The steps of the whole training, over which the rate falls.</summary>
    public required int Steps { get; init; }

    /// <summary>The highest learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The learning rate of the gates, which do not move otherwise. They do not decay.</summary>
    public double GateLearningRate { get; init; }

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUp { get; init; } = 40;

    /// <summary>The decay of matrices; vectors do not decay.</summary>
    public double Decay { get; init; }
}
