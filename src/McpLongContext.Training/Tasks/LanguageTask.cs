namespace McpLongContext.Training.Tasks;

/// <summary>Plain language modeling: nothing is asked, and what the model knew of language is to stay.</summary>
internal sealed class LanguageTask : ITrainingTask
{
    /// <inheritdoc />
    public string Name => "language";

    /// <inheritdoc />
    public int FirstLevel => 0;

    /// <inheritdoc />
    public TaskSample Draw(Random random) => TaskSample.None;
}
