namespace McpLongContext.Training.Examples;

/// <summary>A long text with its questions, cut into segments.</summary>
/// <param name="Tokens">[segments * segment tokens].</param>
/// <param name="Weights">[segments]: how many alike each stands for in compressive memory.</param>
/// <param name="Answers">For each question the positions and the tokens that are to follow there.</param>
/// <param name="PlainPositions">Positions after which the model is to expect what it expects without the
/// adapter.</param>
/// <param name="Task">The name of its task.</param>
internal sealed record Example(
    long[] Tokens,
    float[] Weights,
    IReadOnlyList<IReadOnlyList<Target>> Answers,
    IReadOnlyList<int> PlainPositions,
    string Task
);

/// <summary>A token that is to follow.</summary>
/// <param name="Position">The position in the text after which it stands, from 0.</param>
/// <param name="Token">The token.</param>
internal readonly record struct Target(int Position, long Token);
