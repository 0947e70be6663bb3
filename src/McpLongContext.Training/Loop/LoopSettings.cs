namespace McpLongContext.Training.Loop;

/// <summary>How long a training lasts, and how often it is measured.</summary>
/// <param name="Steps">Steps at most.</param>
/// <param name="EvaluateEvery">Steps between two evaluations on what is held out.</param>
internal sealed record LoopSettings(int Steps, int EvaluateEvery)
{
    /// <summary>Steps between two checkpoints.</summary>
    public const int CheckpointEvery = 25;

    /// <summary>Evaluations without gain after which a training ends.</summary>
    public const int Patience = 3;
}
