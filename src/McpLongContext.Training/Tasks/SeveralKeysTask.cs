namespace McpLongContext.Training.Tasks;

/// <summary>The numbers of several persons or things, as many of which are asked for as find room.</summary>
/// <param name="most">How many there are at most.</param>
/// <param name="mostDigits">Digits of a number at most.</param>
internal sealed class SeveralKeysTask(int most, int mostDigits) : ITrainingTask
{
    /// <inheritdoc />
    public string Name => "several-keys";

    /// <inheritdoc />
    public int FirstLevel => 2;

    /// <inheritdoc />
    public TaskSample Draw(Random random) =>
        NamedKeys.Draw(random, random.Next(2, Math.Min(most, NamedKeys.Most) + 1), mostDigits);
}
