namespace McpLongContext.Training.Infini;

/// <summary>How far a training is.</summary>
internal sealed record TrainingState
{
    /// <summary>Steps done.</summary>
    public int Step { get; init; }

    /// <summary>The level of the curriculum, from 0.</summary>
    public int Level { get; init; }

    /// <summary>Steps done at this level.</summary>
    public int StepsAtLevel { get; init; }

    /// <summary>The moving average of exact answers of the first task.</summary>
    public double Exact { get; init; }

    /// <summary>Seconds spent, of the clock and of the processor.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds of the processor.</summary>
    public double ProcessorSeconds { get; init; }

    /// <summary>The best share of right answers on what is held out; negative before the first evaluation.</summary>
    public double Best { get; init; } = -1;

    /// <summary>Evaluations since then that were no better.</summary>
    public int WithoutGain { get; init; }
}
