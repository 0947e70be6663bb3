namespace McpLongContext.Training.Tasks;

/// <summary>Sentences that name someone or something, and questions for the name.</summary>
internal sealed class NamedThingsTask : ITrainingTask
{
    private static readonly string[] s_things =
    [
        "teacher",
        "doctor",
        "farmer",
        "king",
        "queen",
        "pirate",
        "driver",
        "cook",
        "neighbor",
        "painter",
        "little girl",
        "old man",
        "brown dog",
        "white cat",
        "big bear",
        "small bird",
        "boy next door",
        "man in the shop",
        "girl with the red hat",
        "owner of the house",
    ];

    private static readonly (string Fact, string Question)[] s_wordings =
    [
        ("The name of the {0} is {1}.", "What is the name of the {0}? The name of the {0} is"),
        ("The {0} was named {1}.", "How was the {0} named? The {0} was named"),
        ("They called the {0} {1}.", "What did they call the {0}? They called the {0}"),
        ("The {0} told everybody: I am {1}.", "Who is the {0}? The {0} is"),
        ("The cake was made by the {0}, who is {1}.", "Who made the cake? The cake was made by"),
        ("The friend of the {0} is {1}.", "Who is the friend of the {0}? The friend of the {0} is"),
        ("The {0} found a ball that belongs to {1}.", "Who does the ball belong to? The ball belongs to"),
    ];

    /// <inheritdoc />
    public string Name => "named-things";

    /// <inheritdoc />
    public int FirstLevel => 1;

    /// <inheritdoc />
    public TaskSample Draw(Random random)
    {
        var (fact, question) = Draws.One(random, s_wordings);
        var (thing, name) = (Draws.One(random, s_things), Draws.One(random, PersonNames.All));
        return new TaskSample(
            [string.Format(null, fact, thing, name)],
            [(string.Format(null, question, thing), $" {name}")]
        );
    }
}
