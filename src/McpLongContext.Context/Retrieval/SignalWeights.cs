using McpLongContext.Context.Contracts;
using McpLongContext.Context.Encoders;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// How much each signal counts in the score of a passage. The weights of every kind add up to 1, so that kinds mix in
/// one ranking; the optimum is flat around them.
/// </summary>
/// <param name="Lexical">BM25.</param>
/// <param name="Pooled">The passage's vector.</param>
/// <param name="Tokens">The token embeddings.</param>
internal readonly record struct SignalWeights(double Lexical, double Pooled, double Tokens)
{
    /// <summary>Text: single words of the question decide as much as the whole.</summary>
    public static readonly SignalWeights Text = new(0.2, 0.4, 0.4);

    /// <summary>Code: a passage does one thing, which its vector tells better than its tokens.</summary>
    public static readonly SignalWeights Code = new(0.25, 0.55, 0.2);

    /// <summary>The weights for passages of a kind of document.</summary>
    public static SignalWeights Of(DocumentKind kind) => EncoderText.IsWrittenOut(kind) ? Code : Text;
}
