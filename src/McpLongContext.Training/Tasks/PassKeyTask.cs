namespace McpLongContext.Training.Tasks;

/// <summary>One five-digit key in a long text (Mohtashami and Jaggi, arXiv 2305.16300), in several wordings.</summary>
internal sealed class PassKeyTask : ITrainingTask
{
    private static readonly string[] s_facts =
    [
        "The pass key is {0}. Remember it. {0} is the pass key.",
        "The pass key is {0}. Remember it.",
        "Remember it: the pass key is {0}.",
        "{0} is the pass key. Remember it. The pass key is {0}.",
        "There is a pass key. It is {0}. Remember it.",
    ];

    private static readonly string[] s_questions =
    [
        "What is the pass key? The pass key is",
        "The pass key is",
        "Tell me the pass key. The pass key is",
        "What was the pass key? It was",
        "Do you remember the pass key? It is",
    ];

    /// <inheritdoc />
    public string Name => "pass-key";

    /// <inheritdoc />
    public double MostWeight => double.PositiveInfinity;

    /// <inheritdoc />
    public int FirstLevel => 0;

    /// <inheritdoc />
    public bool IsOnlyOne => true;

    /// <inheritdoc />
    public TaskSample Draw(Random random)
    {
        var key = Draws.Key(random);
        var fact = string.Format(null, Draws.Mostly(random, 0.6, s_facts), key);
        return new TaskSample([fact], [(Draws.Mostly(random, 0.6, s_questions), $" {key}")]);
    }
}
