using McpLongContext.Training.Encoders.Pairs;
using McpLongContext.Training.Modules.Bert;

namespace McpLongContext.Training.Encoders;

/// <summary>How an adapter of an encoder is trained.</summary>
internal sealed record EncoderSettings
{
    /// <summary>The shape of the adapter.</summary>
    public BertModuleSettings Adapter { get; init; } = new();

    /// <summary>The kinds of pairs.</summary>
    public IReadOnlyList<string> Pairs { get; init; } = PairReader.Kinds;

    /// <summary>Steps at most.</summary>
    public int Steps { get; init; } = 400;

    /// <summary>Pairs of a step: each passage is wrong for all questions but its own.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The most tokens of a passage in training, special tokens and header included.</summary>
    public int PassageTokens { get; init; } = 160;

    /// <summary>The most tokens of a question in training, special tokens included.</summary>
    public int QuestionTokens { get; init; } = 64;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUp { get; init; } = 20;

    /// <summary>Similarities are divided by it before the softmax.</summary>
    public double Temperature { get; init; } = 0.05;

    /// <summary>
    /// The weight of the loss that keeps the embeddings of passages what they were, 1 - cosine a token.
    /// </summary>
    public double KeepWeight { get; init; } = 1;

    /// <summary>Steps between evaluations.</summary>
    public int EvaluateEvery { get; init; } = 50;

    /// <summary>The most held-out questions of a source.</summary>
    public int HeldOutQuestions { get; init; } = 32;

    /// <summary>The most passages of a source among which theirs are ranked.</summary>
    public int HeldOutPassages { get; init; } = 96;

    /// <summary>Chooses everything that is random.</summary>
    public int Seed { get; init; } = 1;
}
