namespace McpLongContext.Training.Tasks;

/// <summary>An example of a task, as text.</summary>
/// <param name="Facts">Planted into the long text at different places, in this order; empty: nothing is to be
/// remembered.</param>
/// <param name="Questions">Stand after the long text, as many as find room there, each followed by its answer at
/// once: the text that the model is to write, from the blank in front of it on. Then the text ends.</param>
internal sealed record TaskSample(
    IReadOnlyList<string> Facts,
    IReadOnlyList<(string Question, string Answer)> Questions
)
{
    /// <summary>No question: the model only continues as it would.</summary>
    public static TaskSample None { get; } = new([], []);
}
