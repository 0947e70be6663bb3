using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>y = W x + b with weights that are trained.</summary>
internal sealed class TrainedLinear : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [outputs, inputs]
    private readonly Parameter? _bias; // [outputs]

    public TrainedLinear(Parameter weight, Parameter? bias)
        : base(nameof(TrainedLinear))
    {
        (_weight, _bias) = (weight, bias);
        RegisterComponents();
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., inputs].</param>
    public override Tensor forward(Tensor x) => nn.functional.linear(x, _weight, _bias);
}
