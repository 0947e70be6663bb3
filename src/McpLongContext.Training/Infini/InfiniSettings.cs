using McpLongContext.Training.Modules;

namespace McpLongContext.Training.Infini;

/// <summary>A training of an Infini-attention adapter.</summary>
internal sealed record InfiniSettings
{
    /// <summary>The adapter.</summary>
    public AdapterSettings Adapter { get; init; } = new();

    /// <summary>Tokens of a segment.</summary>
    public int SegmentTokens { get; init; } = 64;

    /// <summary>Steps at most.</summary>
    public int Steps { get; init; } = 600;

    /// <summary>Examples of a step at the first level; later ones have fewer, longer ones.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>The highest learning rate of the LoRA adapters.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>The learning rate of the gates, which do not move otherwise. Nothing decays.</summary>
    public double GateLearningRate { get; init; } = 0.02;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUp { get; init; } = 40;

    /// <summary>The weight, at the last level, of the loss on plain text beside that of the answers.</summary>
    public double PlainWeight { get; init; } = 2;

    /// <summary>Positions of plain text in a segment.</summary>
    public int PlainPositions { get; init; } = 6;

    /// <summary>Tasks, each perhaps with its weight.</summary>
    public IReadOnlyList<string> Tasks { get; init; } =
    ["pass-key=4", "needle=2", "several-keys=3", "named-things=1", "language=1"];

    /// <summary>Keys of a text at most.</summary>
    public int MostKeys { get; init; } = 10;

    /// <summary>
    /// Segments through whose compressive memory gradients flow one by one; null: all at once inside attention.
    /// </summary>
    public int? Horizon { get; init; }

    /// <summary>Steps between two evaluations on what is held out.</summary>
    public int EvaluateEvery { get; init; } = 100;

    /// <summary>Tokens of the texts that are held out.</summary>
    public IReadOnlyList<int> HeldOutLengths { get; init; } = [512, 2_048];

    /// <summary>Texts of each length.</summary>
    public int HeldOutTexts { get; init; } = 6;

    /// <summary>Tokens that the model writes as filler.</summary>
    public int OwnTokens { get; init; } = 32_768;

    /// <summary>Chooses everything that is random.</summary>
    public int Seed { get; init; } = 1;
}
