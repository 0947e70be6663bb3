namespace McpLongContext.Training.Examples;

/// <summary>A long text with its question, cut into segments.</summary>
/// <param name="Tokens">[segments * segment tokens].</param>
/// <param name="Weights">[segments]: how many alike each stands for in compressive memory.</param>
/// <param name="Answer">Positions in the last segment and the tokens that are to follow there; empty where nothing is
/// asked.</param>
/// <param name="Language">The same for plain language modeling.</param>
/// <param name="Task">The name of its task.</param>
internal sealed record Example(
    long[] Tokens,
    float[] Weights,
    IReadOnlyList<Target> Answer,
    IReadOnlyList<Target> Language,
    string Task
);

/// <summary>A token that is to follow.</summary>
/// <param name="Position">The position in the last segment after which it stands, from 0.</param>
/// <param name="Token">The token.</param>
internal readonly record struct Target(int Position, long Token);
