using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Checkpoints;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Bert;

/// <summary>Makes the parts of a <see cref="BertModule"/> out of a checkpoint.</summary>
/// <param name="file">The checkpoint.</param>
/// <param name="config">The dimensions to expect.</param>
/// <param name="settings">The shape of the adapter.</param>
/// <param name="generator">Chooses what begins at random.</param>
internal sealed class BertModuleWeights(
    SafetensorsFile file,
    BertConfig config,
    BertModuleSettings settings,
    Generator generator
)
{
    /// <summary>A table of embeddings, [rows, hidden].</summary>
    public Tensor Table(string name, int rows) =>
        tensor(file.Read($"embeddings.{name}.weight", rows, config.HiddenSize), [rows, config.HiddenSize]);

    /// <summary>A normalization.</summary>
    public LayerNorm Norm(string name) =>
        new(
            tensor(file.Read($"{name}.weight", config.HiddenSize)),
            tensor(file.Read($"{name}.bias", config.HiddenSize)),
            config.LayerNormEpsilon
        );

    /// <summary>A layer.</summary>
    public BertModuleLayer Layer(int layer)
    {
        var (prefix, hidden, intermediate) = ($"encoder.layer.{layer}.", config.HiddenSize, config.IntermediateSize);
        var linears = new Dictionary<EncoderLinear, LoraLinear>
        {
            [EncoderLinear.Query] = Linear("attention.self.query", hidden, hidden),
            [EncoderLinear.Key] = Linear("attention.self.key", hidden, hidden),
            [EncoderLinear.Value] = Linear("attention.self.value", hidden, hidden),
            [EncoderLinear.AttentionOutput] = Linear("attention.output.dense", hidden, hidden),
            [EncoderLinear.Intermediate] = Linear("intermediate.dense", intermediate, hidden),
            [EncoderLinear.Output] = Linear("output.dense", hidden, intermediate),
        };
        return new BertModuleLayer(
            config.HeadCount,
            linears,
            Norm(prefix + "attention.output.LayerNorm"),
            Norm(prefix + "output.LayerNorm")
        );

        LoraLinear Linear(string name, int outputs, int inputs)
        {
            var weight = file.Read($"{prefix}{name}.weight", outputs, inputs);
            var bias = file.Read($"{prefix}{name}.bias", outputs);
            var linear = new FrozenLinear((weight, outputs, inputs), bias, settings.IsHalf);
            return new LoraLinear(linear, settings.Rank, settings.Alpha, generator);
        }
    }
}
