namespace McpLongContext.Training.Infini;

/// <summary>Is told how a training continues.</summary>
internal interface ITrainingProgress
{
    /// <summary>Something happened.</summary>
    public void Tell(string message);

    /// <summary>A step is done.</summary>
    public void Report(TrainingState state, StepResult result, int steps);

    /// <summary>The held-out questions were asked.</summary>
    /// <param name="step">The step.</param>
    /// <param name="recall">The share of right answers by tokens of the text.</param>
    public void Report(int step, IReadOnlyDictionary<int, double> recall);
}
