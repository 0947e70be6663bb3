using System.Collections.Frozen;
using McpLongContext.Training.Modules;

namespace McpLongContext.Training.Unlimiformer.Decoders;

/// <summary>A training of a decoder to read documents longer than its window by retrieval attention.</summary>
internal sealed record DecoderSettings
{
    /// <summary>The tokens of a document that the decoder sees in training.</summary>
    public UnlimiformerMode Mode { get; init; } = UnlimiformerMode.Truncation;

    /// <summary>Whether what is held out is scored by retrieval; otherwise by the end of the document alone.</summary>
    public bool TestsUnlimiformer { get; init; } = true;

    /// <summary>The first layer that reads from documents; null: the middle one.</summary>
    public int? LayerBegin { get; init; }

    /// <summary>The LoRA adapters.</summary>
    public AdapterSettings Adapter { get; init; } = new() { Layers = FrozenSet<int>.Empty };

    /// <summary>Tasks, each perhaps with its weight.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = ["pass-key=4", "needle=2", "several-keys=3", "named-things=1"];

    /// <summary>Keys of a document at most.</summary>
    public int MostKeys { get; init; } = 6;

    /// <summary>
    /// Digits of the number of a person or thing at most. Of one length, a model learns to end there, whatever the
    /// document says.
    /// </summary>
    public int MostDigits { get; init; } = 8;

    /// <summary>Tokens of all documents of a step, but for the first document, which may have more.</summary>
    public int StepTokens { get; init; } = 1_024;

    /// <summary>Questions of a step at most.</summary>
    public int MostQuestions { get; init; } = 16;

    /// <summary>Steps at most.</summary>
    public int Steps { get; init; } = 600;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUp { get; init; } = 40;

    /// <summary>The weight, at the last level, of the loss on plain text beside that of the answers.</summary>
    public double PlainWeight { get; init; } = 1;

    /// <summary>Positions of plain text of a step.</summary>
    public int PlainPositions { get; init; } = 32;

    /// <summary>Steps between two evaluations on what is held out.</summary>
    public int EvaluateEvery { get; init; } = 200;

    /// <summary>Tokens of the documents that are held out.</summary>
    public IReadOnlyList<int> HeldOutLengths { get; init; } = [1_024, 4_096];

    /// <summary>Documents of each length.</summary>
    public int HeldOutTexts { get; init; } = 6;

    /// <summary>Tokens of the documents that the best model is measured on at the end.</summary>
    public IReadOnlyList<int> TestLengths { get; init; } = [1_024, 8_192, 32_768];

    /// <summary>Documents of each of these lengths.</summary>
    public int TestTexts { get; init; } = 10;

    /// <summary>Tokens that the model writes as filler.</summary>
    public int OwnTokens { get; init; } = 32_768;

    /// <summary>Chooses everything that is random.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The first layer of a model that reads from documents.</summary>
    /// <param name="layers">The model's layers.</param>
    public int LayerBeginOf(int layers) => LayerBegin ?? layers / 2;
}
