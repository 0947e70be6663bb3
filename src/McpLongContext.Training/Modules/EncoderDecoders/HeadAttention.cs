using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>
/// Attention of several heads (Vaswani et al., arXiv 1706.03762, section 3.2): W_o concat_h softmax(scale q_h k_h^T + bias)
/// v_h.
/// </summary>
internal sealed class HeadAttention : nn.Module
{
    private readonly TrainedLinear _query;
    private readonly TrainedLinear _key;
    private readonly TrainedLinear _value;
    private readonly TrainedLinear _output;
    private readonly int _heads;
    private readonly double _scale;

    public HeadAttention(
        (TrainedLinear Query, TrainedLinear Key, TrainedLinear Value, TrainedLinear Output) projections,
        int heads,
        double scale
    )
        : base(nameof(HeadAttention))
    {
        (_query, _key, _value, _output) = projections;
        (_heads, _scale) = (heads, scale);
        RegisterComponents();
    }

    /// <summary>Attends to the tokens of the sequences themselves.</summary>
    /// <param name="x">[sequences, tokens, hidden].</param>
    /// <param name="bias">[heads or 1, tokens, tokens], added to the scores; null: none.</param>
    /// <returns>[sequences, tokens, hidden].</returns>
    public Tensor Attend(Tensor x, Tensor? bias)
    {
        var scores = Scores(x, x);
        return Sum(bias is null ? scores : scores + bias, x);
    }

    /// <summary>Attends to one source.</summary>
    /// <param name="x">[targets, tokens, hidden].</param>
    /// <param name="source">[source tokens, hidden].</param>
    /// <param name="selection">The tokens of the source that are seen.</param>
    /// <returns>[targets, tokens, hidden].</returns>
    public Tensor Attend(Tensor x, Tensor source, ISourceSelection selection)
    {
        var seen = selection.States(source);
        // As tokens of one sequence: one product for each head, whatever the number of targets.
        var tokens = x.flatten(0, 1);
        return Sum(selection.Scores(Scores(tokens, seen)), seen).reshape(x.shape);
    }

    private Tensor Scores(Tensor x, Tensor source)
    {
        var query = ByHead(_query.forward(x)) * _scale;
        return query.matmul(ByHead(_key.forward(source)).transpose(-2, -1));
    }

    private Tensor Sum(Tensor scores, Tensor source)
    {
        var attended = scores.softmax(-1).matmul(ByHead(_value.forward(source)));
        return _output.forward(attended.transpose(-3, -2).flatten(-2));
    }

    /// <summary>[..., tokens, heads * headDim] to [..., heads, tokens, headDim].</summary>
    private Tensor ByHead(Tensor x) => x.reshape([.. x.shape[..^1], _heads, -1]).transpose(-3, -2);
}
