namespace McpLongContext.Training.Tasks;

/// <summary>An example of a task, as text.</summary>
/// <param name="Facts">Planted into the long text at different places, in this order; empty: nothing is to be
/// remembered.</param>
/// <param name="Question">Stands after the long text, and the answer follows it at once.</param>
/// <param name="Answer">
/// The text that the model is to write, from the blank in front of it on; then the text ends.
/// </param>
internal sealed record TaskSample(IReadOnlyList<string> Facts, string Question, string Answer)
{
    /// <summary>No question: the model only continues as it would.</summary>
    public static TaskSample None { get; } = new([], "", "");
}
