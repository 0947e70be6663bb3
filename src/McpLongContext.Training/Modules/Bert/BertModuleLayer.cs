using McpLongContext.Inference.Bert;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Bert;

/// <summary>
/// A layer of BERT: norm(x + attention(x)), then norm(x + W2 gelu(W1 x)); each linear layer with a LoRA adapter.
/// </summary>
internal sealed class BertModuleLayer : nn.Module
{
    private readonly int _heads;
    private readonly LayerNorm _attentionNorm;
    private readonly LayerNorm _outputNorm;

    public BertModuleLayer(
        int heads,
        IReadOnlyDictionary<EncoderLinear, LoraLinear> linears,
        LayerNorm attentionNorm,
        LayerNorm outputNorm
    )
        : base(nameof(BertModuleLayer))
    {
        (_heads, Linears, _attentionNorm, _outputNorm) = (heads, linears, attentionNorm, outputNorm);
        foreach (var (kind, linear) in linears)
        {
            register_module($"{kind}", linear);
        }

        register_module("attention_norm", attentionNorm);
        register_module("output_norm", outputNorm);
    }

    public IReadOnlyDictionary<EncoderLinear, LoraLinear> Linears { get; }

    /// <summary>Applies it.</summary>
    /// <param name="x">[batch, tokens, hidden].</param>
    /// <param name="mask">[batch, 1, 1, tokens]: 0 for a token, minus infinity for none.</param>
    public Tensor Forward(Tensor x, Tensor mask)
    {
        var attended = nn.functional.scaled_dot_product_attention(
            Heads(EncoderLinear.Query, x),
            Heads(EncoderLinear.Key, x),
            Heads(EncoderLinear.Value, x),
            mask
        );
        var merged = attended.transpose(1, 2).reshape(x.shape);
        x = _attentionNorm.forward(x + Apply(EncoderLinear.AttentionOutput, merged));
        var widened = nn.functional.gelu(Apply(EncoderLinear.Intermediate, x));
        return _outputNorm.forward(x + Apply(EncoderLinear.Output, widened));
    }

    /// <summary>[batch, heads, tokens, headDim].</summary>
    private Tensor Heads(EncoderLinear linear, Tensor x) =>
        Apply(linear, x).reshape(x.shape[0], x.shape[1], _heads, -1).transpose(1, 2);

    private Tensor Apply(EncoderLinear linear, Tensor x) => Linears[linear].forward(x);
}
