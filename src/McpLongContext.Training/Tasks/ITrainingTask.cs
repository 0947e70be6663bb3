namespace McpLongContext.Training.Tasks;

/// <summary>
/// A task on compressive memory: facts to plant into a long text, a question after it, and the answer.
/// </summary>
internal interface ITrainingTask
{
    /// <summary>The name on the command line.</summary>
    public string Name { get; }

    /// <summary>The level of the curriculum from which on it is trained, from 0.</summary>
    public int FirstLevel { get; }

    /// <summary>
    /// How many segments a segment of filler stands for at most, whatever the level. By default as many as in texts of some
    /// 50,000 tokens: beyond, the memory of a small model does not tell one of many facts from filler, and examples that
    /// cannot be answered teach nothing.
    /// </summary>
    public double MostWeight => 300;

    /// <summary>
    /// The same with what training does not see; the task itself where everything is drawn at random.
    /// </summary>
    public ITrainingTask HeldOut => this;

    /// <summary>
    /// Whether a text can hold only one example of it: its questions name nothing that tells two apart.
    /// </summary>
    public bool IsOnlyOne => false;

    /// <summary>Draws an example: the same one for equal random numbers.</summary>
    public TaskSample Draw(Random random);
}
