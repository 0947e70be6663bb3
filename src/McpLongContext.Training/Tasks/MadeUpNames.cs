namespace McpLongContext.Training.Tasks;

/// <summary>Names of syllables, such as Tarvin: with them a model learns to copy a name, not to choose one of a list.</summary>
internal static class MadeUpNames
{
    private const int LeastSyllables = 2;
    private const int MostSyllables = 3;

    private static readonly string[] s_begins =
    [
        .. "b br c ch cl d dr f fl g gr h j k kl l m n p pr qu r s sh st t th tr v w z".Split(' '),
        "",
    ];

    private static readonly string[] s_middles = ["a", "e", "i", "o", "u", "ai", "ea", "ee", "ie", "oo", "ou"];

    private static readonly string[] s_ends = ["", "", "", .. "d k l ld ll m n nd r rd rt s ss t x".Split(' ')];

    /// <summary>One of them.</summary>
    public static string Draw(Random random)
    {
        var syllables = Enumerable
            .Range(0, random.Next(LeastSyllables, MostSyllables + 1))
            .Select(_ => Draws.One(random, s_begins) + Draws.One(random, s_middles) + Draws.One(random, s_ends));
        return Capitals.First(string.Concat(syllables));
    }
}
