using System.Text.RegularExpressions;

namespace McpLongContext.Training.Tasks;

/// <summary>Persons and things that facts are about: from lists, and of words of the user's documents.</summary>
internal sealed partial class Subjects
{
    /// <summary>The most that can be drawn at once.</summary>
    public const int Most = 64;

    private const double Documents = 0.3;
    private const int LeastWords = 20;

    private static readonly string[] s_adjectives =
    [
        "big",
        "brave",
        "brown",
        "clever",
        "cold",
        "fast",
        "funny",
        "green",
        "happy",
        "kind",
        "little",
        "lost",
        "new",
        "old",
        "pretty",
        "quiet",
        "red",
        "round",
        "sad",
        "second",
        "silver",
        "small",
        "strange",
        "tall",
        "tired",
        "white",
        "wild",
        "yellow",
        "young",
    ];

    private static readonly string[] s_nouns =
    [
        "artist",
        "bear",
        "bird",
        "boat",
        "box",
        "boy",
        "bridge",
        "cat",
        "chair",
        "clock",
        "cook",
        "cow",
        "doctor",
        "dog",
        "doll",
        "driver",
        "duck",
        "farm",
        "farmer",
        "fish",
        "flower",
        "fox",
        "friend",
        "frog",
        "garden",
        "girl",
        "goat",
        "guard",
        "hat",
        "hotel",
        "house",
        "hunter",
        "judge",
        "king",
        "lake",
        "lion",
        "machine",
        "man",
        "moon",
        "mouse",
        "neighbor",
        "nurse",
        "owl",
        "painter",
        "park",
        "pilot",
        "pirate",
        "queen",
        "rabbit",
        "river",
        "school",
        "sheep",
        "singer",
        "soldier",
        "star",
        "student",
        "teacher",
        "tower",
        "train",
        "tree",
        "truck",
        "village",
        "wolf",
        "woman",
    ];

    private static readonly string[] s_places =
    [
        "at the door",
        "by the lake",
        "from the mountain",
        "in the forest",
        "in the kitchen",
        "in the picture",
        "near the market",
        "next door",
        "on the hill",
        "with the hat",
    ];

    private readonly string[] _words;

    /// <summary>Takes words from documents.</summary>
    /// <param name="texts">The documents; may be empty.</param>
    public Subjects(IEnumerable<string> texts)
    {
        string[] words =
        [
            .. texts
                .SelectMany(text => Word.Matches(text))
                .Select(match => match.Value)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        _words = words.Length < LeastWords ? [] : words;
    }

    /// <summary>Different persons and things, a third of them persons.</summary>
    /// <param name="random">Chooses them.</param>
    /// <param name="count">At most <see cref="Most"/>.</param>
    public IReadOnlyList<string> PersonsAndThings(Random random, int count)
    {
        var found = new List<string>();
        while (found.Count < count)
        {
            var one = random.Next(3) == 0 ? Draws.One(random, PersonNames.All) : Thing(random);
            if (!found.Contains(one, StringComparer.Ordinal))
            {
                found.Add(one);
            }
        }

        return found;
    }

    /// <summary>A name: of a list, made up, or a word of the documents, so that none can be guessed.</summary>
    public string Name(Random random) =>
        random.Next(5) switch
        {
            0 or 1 => Draws.One(random, PersonNames.All),
            2 when _words.Length > 0 => Capitals.First(Draws.One(random, _words)),
            _ => MadeUpNames.Draw(random),
        };

    /// <summary>A thing, such as "the brown dog".</summary>
    public string Thing(Random random)
    {
        if (_words.Length > 0 && random.NextDouble() < Documents)
        {
            return $"the {Draws.One(random, _words)} {Draws.One(random, _words)}";
        }

        var noun = Draws.One(random, s_nouns);
        return random.Next(5) switch
        {
            0 => $"the {noun}",
            1 => $"the {noun} {Draws.One(random, s_places)}",
            _ => $"the {Draws.One(random, s_adjectives)} {noun}",
        };
    }

    [GeneratedRegex(@"(?<= )[a-z]{4,9}(?= )", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word { get; }
}
