using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>The dimensions of an encoder-decoder that begins from nothing.</summary>
internal sealed record EncoderDecoderShape
{
    /// <summary>The shortest window; that of summaries in the product.</summary>
    public const int SmallestWindow = 16;

    /// <summary><c>t5</c> or <c>bart</c>.</summary>
    public string Family { get; init; } = "t5";

    /// <summary>Width of a hidden state.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Layers of the encoder, and of the decoder.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Heads of a layer.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Tokens of a window.</summary>
    public int Window { get; init; } = 128;

    /// <summary>The configuration with a tokenizer.</summary>
    /// <exception cref="TrainingException">The tokenizer has no token that ends a text.</exception>
    public EncoderDecoderConfig ConfigOf(Tokenizer tokenizer)
    {
        var end =
            tokenizer.Settings.End
            ?? tokenizer.Settings.Ends.Cast<int?>().FirstOrDefault()
            ?? throw new TrainingException("the tokenizer has no token that ends a text.");
        var stack = new StackConfig(Layers, Heads, HiddenSize / Heads, 4 * HiddenSize);
        var isRelative = Family == "t5";
        return new EncoderDecoderConfig
        {
            Architecture = Family,
            VocabularySize = tokenizer.Vocabulary.Count,
            HiddenSize = HiddenSize,
            Encoder = stack,
            Decoder = stack,
            Window = Window,
            MaxPositions = Window,
            RelativePositions = isRelative ? new RelativePositions(32, 128) : null,
            IsPreNorm = isRelative,
            NormEpsilon = isRelative ? 1e-6f : 1e-5f,
            HasBias = !isRelative,
            FeedForward = isRelative ? FeedForwardFunction.Relu : FeedForwardFunction.Gelu,
            OutputScale = isRelative ? 1 / MathF.Sqrt(HiddenSize) : 1,
            AttentionScale = isRelative ? 1 : null,
            HasTiedOutput = true,
            SourceBegin = isRelative ? null : tokenizer.Settings.Begin ?? end,
            End = end,
            TargetBegin = end,
        };
    }
}
