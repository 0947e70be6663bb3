using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>y = W x + b with weights that are not trained, perhaps kept and multiplied in bfloat16.</summary>
internal sealed class FrozenLinear : nn.Module<Tensor, Tensor>
{
    private readonly Tensor _weight; // [outputs, inputs]
    private readonly Tensor? _bias; // [outputs]

    public FrozenLinear((float[] Values, int Outputs, int Inputs) weight, float[] bias, bool isHalf)
        : base(nameof(FrozenLinear))
    {
        (Outputs, Inputs) = (weight.Outputs, weight.Inputs);
        using var whole = tensor(weight.Values, [Outputs, Inputs]);
        _weight = isHalf ? whole.to_type(ScalarType.BFloat16) : whole.alias();
        _bias = bias.Length == 0 ? null : tensor(bias);
        register_buffer("weight", _weight);
        if (_bias is not null)
        {
            register_buffer("bias", _bias);
        }
    }

    public int Outputs { get; }

    public int Inputs { get; }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., inputs], fp32.</param>
    public override Tensor forward(Tensor x)
    {
        var product =
            _weight.dtype == ScalarType.BFloat16
                ? nn.functional.linear(x.to_type(ScalarType.BFloat16), _weight).to_type(ScalarType.Float32)
                : nn.functional.linear(x, _weight);
        return _bias is null ? product : product + _bias;
    }
}
