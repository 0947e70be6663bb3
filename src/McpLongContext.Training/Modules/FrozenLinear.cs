using System.Buffers;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// y = W x + b with weights that are not trained: kept, perhaps in bfloat16, or read each time that they are needed.
/// </summary>
internal sealed class FrozenLinear : nn.Module<Tensor, Tensor>
{
    private readonly Tensor? _weight; // [outputs, inputs]
    private readonly Action<Memory<float>>? _read;
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

    /// <summary>Creates a layer whose weights are read, and dequantized, each time.</summary>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="inputs">Columns of W.</param>
    /// <param name="read">Writes W [outputs, inputs].</param>
    /// <param name="bias">[outputs], or empty.</param>
    public FrozenLinear(int outputs, int inputs, Action<Memory<float>> read, float[] bias)
        : base(nameof(FrozenLinear))
    {
        (Outputs, Inputs, _read) = (outputs, inputs, read);
        _bias = bias.Length == 0 ? null : tensor(bias);
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
        var weight = _weight ?? Read();
        var product =
            weight.dtype == ScalarType.BFloat16
                ? nn.functional.linear(x.to_type(ScalarType.BFloat16), weight).to_type(ScalarType.Float32)
                : nn.functional.linear(x, weight);
        return _bias is null ? product : product + _bias;
    }

    /// <summary>Through one buffer for matrix after matrix: arrays of this size would each be garbage of megabytes.</summary>
    private Tensor Read()
    {
        var count = Outputs * Inputs;
        var buffer = ArrayPool<float>.Shared.Rent(count);
        try
        {
            _read!(buffer.AsMemory(0, count));
            using var shared = frombuffer(buffer, ScalarType.Float32, count);
            return shared.reshape(Outputs, Inputs).clone();
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }
}
