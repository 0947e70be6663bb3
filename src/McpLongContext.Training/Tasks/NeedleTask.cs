namespace McpLongContext.Training.Tasks;

/// <summary>The number of one person or thing.</summary>
internal sealed class NeedleTask : ITrainingTask
{
    /// <inheritdoc />
    public string Name => "needle";

    /// <inheritdoc />
    public int FirstLevel => 1;

    /// <inheritdoc />
    public TaskSample Draw(Random random) => NamedKeys.Draw(random, 1);
}
