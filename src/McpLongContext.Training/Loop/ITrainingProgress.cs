namespace McpLongContext.Training.Loop;

/// <summary>Is told how a training continues.</summary>
internal interface ITrainingProgress
{
    /// <summary>Something happened.</summary>
    public void Tell(string message);

    /// <summary>A step is done.</summary>
    public void Report(TrainingState state, StepResult result, int steps);

    /// <summary>An evaluation on held-out data is done.</summary>
    public void Report(int step, Evaluation evaluation);
}
