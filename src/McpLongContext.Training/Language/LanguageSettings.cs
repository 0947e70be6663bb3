using McpLongContext.Training.Modules;

namespace McpLongContext.Training.Language;

/// <summary>A training of all weights of a language model.</summary>
internal sealed record LanguageSettings
{
    /// <summary>Update rule, layers with a compressive memory, and where their gates begin.</summary>
    public AdapterSettings Adapter { get; init; } = new();

    /// <summary>Tokens of a segment.</summary>
    public int SegmentTokens { get; init; } = 64;

    /// <summary>Segments of a sequence, through all of which gradients flow; of a pair at most.</summary>
    public int Segments { get; init; } = 8;

    /// <summary>Sequences of a step.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>Steps at most.</summary>
    public int Steps { get; init; } = 1_000;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>The learning rate of the gates.</summary>
    public double GateLearningRate { get; init; } = 0.02;

    /// <summary>The decay of matrices.</summary>
    public double Decay { get; init; } = 0.1;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUp { get; init; } = 50;

    /// <summary>Steps between two evaluations on what is held out.</summary>
    public int EvaluateEvery { get; init; } = 100;

    /// <summary>Held-out sequences, or pairs, that are measured.</summary>
    public int HeldOut { get; init; } = 8;

    /// <summary>Chooses everything that is random.</summary>
    public int Seed { get; init; } = 1;
}
