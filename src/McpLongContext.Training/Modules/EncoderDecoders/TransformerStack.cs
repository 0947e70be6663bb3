using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>The encoder or the decoder: positions, layers and norms around them.</summary>
internal sealed class TransformerStack : nn.Module
{
    private readonly Parameter? _positions; // [offset + positions, hidden]
    private readonly int _offset;
    private readonly nn.Module<Tensor, Tensor>? _inputNorm;
    private readonly PositionBias _bias;
    private readonly ModuleList<StackLayer> _layers;
    private readonly nn.Module<Tensor, Tensor>? _outputNorm;

    /// <summary>Creates one.</summary>
    /// <param name="positions">Learned positions, [offset + positions, hidden]; null: none.</param>
    /// <param name="offset">The row of position 0.</param>
    /// <param name="bias">The addend of the scores of self-attention.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="norms">The norms of the embeddings and of the last states; null: none.</param>
    public TransformerStack(
        Parameter? positions,
        int offset,
        PositionBias bias,
        IEnumerable<StackLayer> layers,
        (nn.Module<Tensor, Tensor>? Input, nn.Module<Tensor, Tensor>? Output) norms
    )
        : base(nameof(TransformerStack))
    {
        (_positions, _offset, _bias) = (positions, offset, bias);
        (_inputNorm, _outputNorm) = norms;
        _layers = new ModuleList<StackLayer>([.. layers]);
        RegisterComponents();
    }

    /// <summary>Applies it.</summary>
    /// <param name="embedded">[sequences, tokens, hidden].</param>
    /// <param name="source">[source tokens, hidden]; null in an encoder.</param>
    /// <param name="selection">The tokens of the source that are seen; null in an encoder.</param>
    /// <returns>[sequences, tokens, hidden].</returns>
    public Tensor Forward(Tensor embedded, Tensor? source = null, ISourceSelection? selection = null)
    {
        var tokens = embedded.shape[^2];
        var x = _positions is null ? embedded : embedded + _positions.narrow(0, _offset, tokens);
        x = _inputNorm?.forward(x) ?? x;
        var bias = _bias.forward(tokens);
        foreach (var layer in _layers)
        {
            x = layer.Forward(x, bias, source, selection);
        }

        return _outputNorm?.forward(x) ?? x;
    }
}
