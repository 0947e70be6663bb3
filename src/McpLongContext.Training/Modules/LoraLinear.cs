using McpLongContext.Inference.Decoders;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// A frozen linear layer with a LoRA adapter, y = W x + b + alpha / rank * B A x (LoRA, Hu et al., arXiv 2106.09685). B
/// begins at 0, so that training begins at the model as it is.
/// </summary>
internal sealed class LoraLinear : nn.Module<Tensor, Tensor>
{
    private readonly FrozenLinear _frozen;
    private readonly Parameter _down; // A [rank, inputs]
    private readonly Parameter _up; // B [outputs, rank]
    private readonly double _scale;

    public LoraLinear(FrozenLinear frozen, int rank, double alpha, Generator generator)
        : base(nameof(LoraLinear))
    {
        _frozen = frozen;
        _scale = alpha / rank;
        _down = new Parameter(randn([rank, frozen.Inputs], generator: generator) / Math.Sqrt(frozen.Inputs));
        _up = new Parameter(zeros(frozen.Outputs, rank));
        RegisterComponents();
    }

    /// <summary>Whether the LoRA adapter is applied; otherwise only the frozen layer is.</summary>
    public bool IsAdapted { get; set; } = true;

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., inputs].</param>
    public override Tensor forward(Tensor x) =>
        IsAdapted
            ? _frozen.forward(x) + (nn.functional.linear(nn.functional.linear(x, _down), _up) * _scale)
            : _frozen.forward(x);

    /// <summary>The change as the engine takes it, its scale in B.</summary>
    public LoraAdapter Export(int layer, AttentionProjection projection)
    {
        var (rank, down, up) = Read();
        return new LoraAdapter(layer, projection, rank, down, up);
    }

    /// <summary>A [rank, inputs] and B [outputs, rank], the scale in B.</summary>
    public (int Rank, float[] Down, float[] Up) Read()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return ((int)_down.shape[0], _down.data<float>().ToArray(), (_up * _scale).data<float>().ToArray());
    }

    /// <summary>Takes a change over as the start. What a higher rank has beside it stays as it began, at no change.</summary>
    /// <param name="change">Of this rank or a lower one.</param>
    public void Import(LoraAdapter change)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        _down.narrow(0, 0, change.Rank).copy_(tensor(change.Down.ToArray()).reshape(change.Rank, -1));
        _up.narrow(1, 0, change.Rank).copy_(tensor(change.Up.ToArray()).reshape(-1, change.Rank) / _scale);
    }
}
