using System.Globalization;

namespace McpLongContext.Training.Tasks;

/// <summary>Random choices that several tasks make.</summary>
internal static class Draws
{
    /// <summary>A number of five digits.</summary>
    public static string Key(Random random) => random.Next(10_000, 100_000).ToString(CultureInfo.InvariantCulture);

    /// <summary>One of several.</summary>
    public static T One<T>(Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    /// <summary>The first with a probability, otherwise one of the others.</summary>
    public static T Mostly<T>(Random random, double probability, IReadOnlyList<T> choices) =>
        random.NextDouble() < probability ? choices[0] : choices[1 + random.Next(choices.Count - 1)];

    /// <summary>Different ones of several.</summary>
    public static IReadOnlyList<T> Some<T>(Random random, int count, IReadOnlyList<T> choices)
    {
        T[] shuffled = [.. choices];
        random.Shuffle(shuffled);
        return shuffled[..count];
    }
}
