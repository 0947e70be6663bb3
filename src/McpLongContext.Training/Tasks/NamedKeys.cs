namespace McpLongContext.Training.Tasks;

/// <summary>Sentences that give a number to a person or a thing, and those that ask for it.</summary>
internal static class NamedKeys
{
    private static readonly (string Fact, string Question)[] s_wordings =
    [
        ("The pass key of {0} is {1}. Remember it.", "What is the pass key of {0}? The pass key of {0} is"),
        ("The number of {0} is {1}.", "What is the number of {0}? The number of {0} is"),
        (
            "One of the special numbers for {0} is: {1}.",
            "What is the special number for {0}? The special number for {0} is"
        ),
        ("The secret code of {0} is {1}.", "What is the secret code of {0}? The secret code of {0} is"),
        ("The magic number for {0} is {1}.", "What is the magic number for {0}? The magic number for {0} is"),
    ];

    /// <summary>Keys in one wording, and the questions for them in any order.</summary>
    /// <param name="random">Chooses everything.</param>
    /// <param name="subjects">The persons and things that have a key.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="mostDigits">Digits of a key at most.</param>
    public static TaskSample Draw(Random random, Subjects subjects, int count, int mostDigits)
    {
        var (fact, question) = Draws.One(random, s_wordings);
        var owners = subjects.PersonsAndThings(random, count);
        string[] keys = [.. owners.Select(_ => Draws.NumberUpTo(random, mostDigits))];
        (string, string)[] questions =
        [
            .. owners.Zip(keys, (owner, key) => (string.Format(null, question, owner), $" {key}")),
        ];
        random.Shuffle(questions);
        return new TaskSample([.. owners.Zip(keys, (owner, key) => string.Format(null, fact, owner, key))], questions);
    }
}
