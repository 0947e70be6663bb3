namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>A sentence to be planted, what asks for it, how the answer begins and what it has to contain.</summary>
internal sealed record Needle(string Sentence, string Question, string Begin, string Answer);

/// <summary>Fresh needles, the same ones for equal seeds.</summary>
internal sealed class Needles(int seed)
{
    private static readonly string[] s_colors =
    [
        "amber",
        "cobalt",
        "ivory",
        "scarlet",
        "jade",
        "copper",
        "violet",
        "slate",
    ];
    private static readonly string[] s_things =
    [
        "falcon",
        "anchor",
        "lantern",
        "meadow",
        "thimble",
        "compass",
        "walnut",
        "glacier",
        "bucket",
        "sparrow",
        "ribbon",
        "candle",
    ];

    private readonly Random _random = new(seed);

    /// <summary>The pass key.</summary>
    public Needle PassKey()
    {
        var key = $"{_random.Next(10_000, 100_000)}";
        return new Needle(
            $"The pass key is {key}. Remember it. {key} is the pass key.",
            "What is the pass key?",
            "The pass key is",
            key
        );
    }

    /// <summary>Pass keys of so many things, five digits each, each in a sentence of the same wording.</summary>
    public IReadOnlyList<Needle> PassKeys(int count)
    {
        var names = s_colors.SelectMany(color => s_things.Select(thing => $"the {color} {thing}")).ToArray();
        _random.Shuffle(names);
        return
        [
            .. names
                .Take(count)
                .Select(name =>
                {
                    var key = $"{_random.Next(10_000, 100_000)}";
                    return new Needle(
                        $"The pass key of {name} is {key}. Remember it.",
                        $"What is the pass key of {name}?",
                        $"The pass key of {name} is",
                        key
                    );
                }),
        ];
    }

    /// <summary>Numbers of so many things, each in a sentence of the same wording.</summary>
    public IReadOnlyList<Needle> Numbers(int count)
    {
        var names = s_colors.SelectMany(color => s_things.Select(thing => $"{color} {thing}")).ToArray();
        _random.Shuffle(names);
        return [.. names.Take(count).Select(Number)];
    }

    private Needle Number(string name)
    {
        var number = $"{_random.Next(1_000_000, 10_000_000)}";
        return new Needle(
            $"The secret number of the {name} is {number}.",
            $"What is the secret number of the {name}?",
            $"The secret number of the {name} is",
            number
        );
    }
}
