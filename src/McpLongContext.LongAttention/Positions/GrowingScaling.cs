using McpLongContext.Inference.Llama;
using McpLongContext.Inference.Llama.Positions;

namespace McpLongContext.LongAttention.Positions;

/// <summary>
/// A longer window that changes nothing before it is needed: a sequence is read as trained while it fits the trained window,
/// and scaled by what its length asks for behind that (dynamic scaling: Peng et al., arXiv 2309.00071, section 3.3). Keys are
/// kept unrotated, so that those of the whole sequence follow.
/// </summary>
/// <remarks>Apart from <see cref="RotaryScaling.At"/>, it is the scaling of the whole window.</remarks>
/// <param name="Trained">The model as it was trained.</param>
/// <param name="Expansion">A method that fits it.</param>
/// <param name="Length">The whole window, in tokens.</param>
internal sealed record GrowingScaling(LlamaConfig Trained, PositionMethod Expansion, int Length) : RotaryScaling
{
    /// <summary>A step is an eighth of the length: tables are computed seldom, and hardly for more than is needed.</summary>
    private const int StepsOfLength = 8;

    private readonly RotaryScaling _whole = RotaryExpansion.Scale(Trained, Expansion, Length);

    /// <inheritdoc/>
    public override string Method => _whole.Method;

    /// <inheritdoc/>
    public override double Extension => _whole.Extension;

    /// <inheritdoc/>
    public override float AttentionFactor => _whole.AttentionFactor;

    /// <inheritdoc/>
    public override double[] Frequencies(int headDim, double theta) => _whole.Frequencies(headDim, theta);

    /// <inheritdoc/>
    public override (RotaryScaling Scaling, int Reach) At(int tokens)
    {
        var reach = Trained.ContextLength;
        if (tokens <= reach)
            return (Trained.RotaryScaling, reach);
        while (reach < tokens)
            reach += Math.Max(1, reach / StepsOfLength);
        return reach < Length ? (RotaryExpansion.Scale(Trained, Expansion, reach), reach) : (_whole, int.MaxValue);
    }
}
