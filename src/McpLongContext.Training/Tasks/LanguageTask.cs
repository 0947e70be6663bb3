namespace McpLongContext.Training.Tasks;

/// <summary>Plain language modeling: nothing is asked, and what the model knew of language is to stay.</summary>
internal sealed class LanguageTask : ITrainingTask
{
    /// <summary>The name on the command line.</summary>
    public const string TaskName = "language";

    /// <inheritdoc />
    public string Name => TaskName;

    /// <inheritdoc />
    public double MostWeight => double.PositiveInfinity;

    /// <inheritdoc />
    public int FirstLevel => 0;

    /// <inheritdoc />
    public TaskSample Draw(Random random) => TaskSample.None;
}
