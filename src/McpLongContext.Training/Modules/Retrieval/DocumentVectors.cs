using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Retrieval;

/// <summary>Keys and values that retrieval attention of one layer reads of documents of equal length, not rotated.</summary>
/// <param name="Keys">[documents, KV heads, tokens, headDim].</param>
/// <param name="Values">[documents, KV heads, tokens, headDim].</param>
internal sealed record DocumentVectors(Tensor Keys, Tensor Values)
{
    /// <summary>Tokens of a document.</summary>
    public int Tokens => (int)Keys.shape[2];

    /// <summary>
    /// The vectors as a token memory keeps them, in 8 bits with a scale each; gradients pass as if nothing was rounded
    /// (straight-through estimator, Bengio et al., arXiv 1308.3432).
    /// </summary>
    public DocumentVectors Quantized() => new(Round(Keys), Round(Values));

    /// <summary>Lets the vectors outlive the innermost dispose scope.</summary>
    public DocumentVectors MoveToOuterDisposeScope() =>
        new(Keys.MoveToOuterDisposeScope(), Values.MoveToOuterDisposeScope());

    private static Tensor Round(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor error;
        using (no_grad())
        {
            var scale = (x.abs().amax([-1], keepdim: true) / sbyte.MaxValue).clamp_min(float.Epsilon);
            error = ((x / scale).round() * scale) - x;
        }

        return (x + error).MoveToOuterDisposeScope();
    }
}
