namespace McpLongContext.Training.Tasks;

/// <summary>The numbers of several persons or things, as many of which are asked for as find room.</summary>
/// <param name="subjects">The persons and things that have one.</param>
/// <param name="most">How many there are at most; few more often than many, from which less is learned at first.</param>
/// <param name="mostDigits">Digits of a number at most.</param>
internal sealed class SeveralKeysTask(Subjects subjects, int most, int mostDigits) : ITrainingTask
{
    private const int Least = 2;

    /// <inheritdoc />
    public string Name => "several-keys";

    /// <inheritdoc />
    public int FirstLevel => 1;

    /// <inheritdoc />
    public TaskSample Draw(Random random)
    {
        var bound = random.Next(Least, Math.Min(most, Subjects.Most) + 1);
        return NamedKeys.Draw(random, subjects, random.Next(Least, bound + 1), mostDigits);
    }
}
