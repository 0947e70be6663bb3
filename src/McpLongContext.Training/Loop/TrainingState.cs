namespace McpLongContext.Training.Loop;

/// <summary>How far a training is.</summary>
internal sealed record TrainingState
{
    /// <summary>Steps done.</summary>
    public int Step { get; init; }

    /// <summary>The level of the curriculum, from 0; always 0 where there is none.</summary>
    public int Level { get; init; }

    /// <summary>Steps done at this level.</summary>
    public int StepsAtLevel { get; init; }

    /// <summary>The moving average of exact answers that decides on the next level.</summary>
    public double Exact { get; init; }

    /// <summary>Seconds of the clock.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds of the processor.</summary>
    public double ProcessorSeconds { get; init; }

    /// <summary>The best score on what is held out; before the first evaluation the least number.</summary>
    public double Best { get; init; } = double.MinValue;

    /// <summary>Evaluations since then that were no better.</summary>
    public int WithoutGain { get; init; }
}
