namespace McpLongContext.Inference.Generation;

/// <summary>A text that a decoder wrote.</summary>
/// <param name="Text">The text.</param>
public sealed record GeneratedText(string Text)
{
    /// <summary>Tokens of the prompt that were read.</summary>
    public int TokensRead { get; init; }

    /// <summary>Tokens that were written.</summary>
    public int NewTokens { get; init; }

    /// <summary>Negative log-likelihood and entropy of the written tokens.</summary>
    public TokenLikelihoodSum TokenLikelihood { get; init; }

    /// <summary>Whether writing was broken off.</summary>
    public bool IsPartial { get; init; }
}
