namespace McpLongContext.Training.Unlimiformer.Examples;

/// <summary>Where sources and targets come from.</summary>
internal interface ISourceExamples
{
    /// <summary>Whether an answer is right or wrong as a whole; otherwise its text is compared with the reference.</summary>
    public bool IsExact { get; }

    /// <summary>Examples that training does not see, by which the best weights are chosen.</summary>
    public IReadOnlyList<SourceExample> HeldOut { get; }

    /// <summary>Examples for the measurement after training, by name; none where there are no others than the former.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<SourceExample> Examples)> Test { get; }

    /// <summary>Draws an example to learn from: the same one for equal random numbers.</summary>
    /// <param name="random">Chooses it.</param>
    /// <param name="progress">The share of the training that is done, from 0 to 1: examples may become harder.</param>
    public SourceExample Draw(Random random, double progress);
}
