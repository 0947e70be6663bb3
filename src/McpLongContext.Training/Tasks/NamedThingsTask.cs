namespace McpLongContext.Training.Tasks;

/// <summary>
/// One to three sentences that tell the name of someone in connection with a person, animal or thing, each in a wording of
/// its own, and questions for the names.
/// </summary>
internal sealed class NamedThingsTask : ITrainingTask
{
    private const int Most = 3;

    private static readonly (string Fact, string Question)[] s_wordings =
    [
        ("The name of {0} is {1}.", "What is the name of {0}? The name of {0} is"),
        ("{0} was named {1}.", "How was {0} named? {0} was named"),
        ("They called {0} {1}.", "What did they call {0}? They called {0}"),
        ("{0} told everybody: I am {1}.", "Who is {0}? {0} is"),
        ("The friend of {0} is {1}.", "Who is the friend of {0}? The friend of {0} is"),
        ("{0} lives with {1}.", "Who does {0} live with? {0} lives with"),
        ("People know {0} as {1}.", "How do people know {0}? People know {0} as"),
        ("{0} was painted by {1}.", "Who painted {0}? {0} was painted by"),
        ("{0} belongs to {1}.", "Who does {0} belong to? {0} belongs to"),
        ("Everybody calls {0} {1}.", "What does everybody call {0}? Everybody calls {0}"),
        ("{0} was given to {1}.", "Who was {0} given to? {0} was given to"),
        ("The owner of {0} is {1}.", "Who is the owner of {0}? The owner of {0} is"),
        ("{0} was found by {1}.", "Who found {0}? {0} was found by"),
        ("{0} was built for {1}.", "Who was {0} built for? {0} was built for"),
        ("{1} is the name of {0}.", "What is the name of {0}? The name of {0} is"),
        ("{1} takes care of {0}.", "Who takes care of {0}? The one who takes care of {0} is"),
        ("{0} had a name, and it was {1}.", "What was the name of {0}? The name of {0} was"),
        ("{0} got a present from {1}.", "Who gave {0} a present? {0} got a present from"),
        ("The sister of {0} was {1}.", "Who was the sister of {0}? The sister of {0} was"),
        ("{0} is afraid of {1}.", "Who is {0} afraid of? {0} is afraid of"),
    ];

    private static readonly (string Fact, string Question)[] s_heldOut =
    [
        ("{0} is called {1}.", "What is {0} called? {0} is called"),
        ("The teacher of {0} was {1}.", "Who was the teacher of {0}? The teacher of {0} was"),
        ("{0} was sold to {1}.", "Who was {0} sold to? {0} was sold to"),
        ("{0} came here with {1}.", "Who did {0} come here with? {0} came here with"),
    ];

    private readonly Subjects _subjects;
    private readonly (string Fact, string Question)[] _wordings;

    /// <summary>A task on facts about these things.</summary>
    public NamedThingsTask(Subjects subjects)
        : this(subjects, s_wordings) => HeldOut = new NamedThingsTask(subjects, s_heldOut);

    private NamedThingsTask(Subjects subjects, (string Fact, string Question)[] wordings) =>
        (_subjects, _wordings, HeldOut) = (subjects, wordings, this);

    /// <inheritdoc />
    public string Name => "named-things";

    /// <inheritdoc />
    public int FirstLevel => 1;

    /// <summary>The task in wordings that this one does not have.</summary>
    public ITrainingTask HeldOut { get; }

    /// <inheritdoc />
    public TaskSample Draw(Random random)
    {
        // As a rule one.
        var count = random.Next(1, random.Next(1, Most + 1) + 1);
        var things = _subjects.Things(random, count);
        var names = Draws.Some(random, count, PersonNames.All);
        (string Fact, (string, string) Question)[] drawn =
        [
            .. things.Zip(
                names,
                (thing, name) =>
                {
                    var (fact, question) = Draws.One(random, _wordings);
                    return (
                        Capitalized(string.Format(null, fact, thing, name)),
                        (Capitalized(string.Format(null, question, thing)), $" {name}")
                    );
                }
            ),
        ];
        (string, string)[] questions = [.. drawn.Select(one => one.Question)];
        random.Shuffle(questions);
        return new TaskSample([.. drawn.Select(one => one.Fact)], questions);
    }

    private static string Capitalized(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
