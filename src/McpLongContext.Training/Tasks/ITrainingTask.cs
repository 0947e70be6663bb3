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
    /// The same with what training does not see; the task itself where everything is drawn at random.
    /// </summary>
    public ITrainingTask HeldOut => this;

    /// <summary>Draws an example: the same one for equal random numbers.</summary>
    public TaskSample Draw(Random random);
}
