namespace McpLongContext.Training.Tasks;

/// <summary>
/// A sentence that tells the name of someone in connection with a person, animal or thing, and the question for the name.
/// Half of the wordings are of a list, half are a form with one of many relations.
/// </summary>
internal sealed class NamedThingsTask : ITrainingTask
{
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

    /// <summary>With {2}, what the named one is to the thing.</summary>
    private static readonly (string Fact, string Question)[] s_related =
    [
        ("The {2} of {0} is {1}.", "Who is the {2} of {0}? The {2} of {0} is"),
        ("The {2} of {0} was {1}.", "What was the {2} of {0}? The {2} of {0} was"),
        ("{0}'s {2} is {1}.", "Who is {0}'s {2}? {0}'s {2} is"),
        ("{0}'s {2} was {1}.", "What was {0}'s {2}? {0}'s {2} was"),
        ("{1} is the {2} of {0}.", "Who is the {2} of {0}? The {2} of {0} is"),
        ("{0} has a {2}, {1}.", "Who is the {2} of {0}? The {2} of {0} is"),
        ("The {2} of {0} had a name: {1}.", "What was the name of the {2} of {0}? The {2} of {0} was"),
        ("As everyone knew, the {2} of {0} was {1}.", "Who was the {2} of {0}? The {2} of {0} was"),
    ];

    /// <summary>Without those of the sentences that benchmarks ask for: name and captain.</summary>
    private static readonly string[] s_relations =
    [
        .. "brother mother father daughter son uncle aunt neighbor master cook guard driver helper king queen"
            .Split(' ')
            .Concat(
                "judge painter singer boss home town village street ship horse dog cat river hero nurse word pet".Split(
                    ' '
                )
            )
            .Concat("password nickname guest rider builder partner leader maker servant runner".Split(' ')),
    ];

    private static readonly (string Fact, string Question)[] s_heldOut =
    [
        ("{0} is called {1}.", "What is {0} called? {0} is called"),
        ("{0} learned to read from {1}.", "Who did {0} learn to read from? {0} learned to read from"),
        ("{0} was sold to {1}.", "Who was {0} sold to? {0} was sold to"),
        ("{0} came here with {1}.", "Who did {0} come here with? {0} came here with"),
    ];

    /// <summary>Both kinds of wordings, each as often as the other.</summary>
    private static readonly (string Fact, string Question)[][] s_trained =
    [
        s_wordings,
        [
            .. s_related.SelectMany(form =>
                s_relations.Select(relation => (With(form.Fact, relation), With(form.Question, relation)))
            ),
        ],
    ];

    private readonly Subjects _subjects;
    private readonly (string Fact, string Question)[][] _kinds;

    /// <summary>A task on facts about these things.</summary>
    public NamedThingsTask(Subjects subjects)
        : this(subjects, s_trained) => HeldOut = new NamedThingsTask(subjects, [s_heldOut]);

    private NamedThingsTask(Subjects subjects, (string Fact, string Question)[][] kinds) =>
        (_subjects, _kinds, HeldOut) = (subjects, kinds, this);

    /// <inheritdoc />
    public string Name => "named-things";

    /// <inheritdoc />
    public int FirstLevel => 1;

    /// <summary>The task in wordings that this one does not have.</summary>
    public ITrainingTask HeldOut { get; }

    /// <inheritdoc />
    public TaskSample Draw(Random random)
    {
        var (fact, question) = Draws.One(random, Draws.One(random, _kinds));
        var (thing, name) = (_subjects.Thing(random), _subjects.Name(random));
        return new TaskSample(
            [Capitals.First(string.Format(null, fact, thing, name))],
            [(Capitals.First(string.Format(null, question, thing)), $" {name}")]
        );
    }

    private static string With(string form, string relation) => string.Format(null, form, "{0}", "{1}", relation);
}
