using System.Globalization;

namespace McpLongContext.Training.Tasks;

/// <summary>Random choices that several tasks make.</summary>
internal static class Draws
{
    /// <summary>The digits of a key.</summary>
    public const int KeyDigits = 5;

    /// <summary>A number of five digits.</summary>
    public static string Key(Random random) => Number(random, KeyDigits);

    /// <summary>A number of five digits to so many, each length as often.</summary>
    /// <param name="random">Chooses it.</param>
    /// <param name="mostDigits">At least <see cref="KeyDigits"/>, at most 9.</param>
    public static string NumberUpTo(Random random, int mostDigits) =>
        mostDigits == KeyDigits ? Key(random) : Number(random, random.Next(KeyDigits, mostDigits + 1));

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

    private static string Number(Random random, int digits)
    {
        var least = (int)Math.Pow(10, digits - 1);
        return random.Next(least, 10 * least).ToString(CultureInfo.InvariantCulture);
    }
}
