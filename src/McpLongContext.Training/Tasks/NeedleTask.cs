namespace McpLongContext.Training.Tasks;

/// <summary>The number of one person or thing.</summary>
/// <param name="subjects">The persons and things that have one.</param>
/// <param name="mostDigits">Digits of the number at most.</param>
internal sealed class NeedleTask(Subjects subjects, int mostDigits) : ITrainingTask
{
    /// <inheritdoc />
    public string Name => "needle";

    /// <inheritdoc />
    public int FirstLevel => 1;

    /// <inheritdoc />
    public TaskSample Draw(Random random) => NamedKeys.Draw(random, subjects, 1, mostDigits);
}
