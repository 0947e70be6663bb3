using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Bits;

/// <summary>The weights, packed for the kernels. Immutable.</summary>
internal sealed class BitTransformerWeights
{
    private BitTransformerWeights(SafetensorsFile file, BitTransformerConfig config, Precision precision)
    {
        var width = config.Width;
        Bits = file.Read("embedding.weight", 2, width);
        Places = config.HasPlaces ? file.Read("places.weight", config.BitsPerByte, width) : [];
        History = config.HistoryBytes == 0 ? [] : file.Read("history.weight", config.HistoryRows, width);
        Layers =
        [
            .. Enumerable
                .Range(0, config.LayerCount)
                .Select(index => ReadLayer(file, $"layers.{index}.", config, precision)),
        ];
        OutputNorm = ReadNorm(file, "norm", width);
        Head = file.Read("out_head.weight", 2, width);
        HeadBias = file.Read("out_head.bias", 2);
    }

    /// <summary>[2, width].</summary>
    public float[] Bits { get; }

    /// <summary>[bits of a byte, width]; empty where there are none.</summary>
    public float[] Places { get; }

    /// <summary>[history rows, width]: see <see cref="BitHistory"/>; empty where there is none.</summary>
    public float[] History { get; }

    /// <summary>First to last.</summary>
    public BitTransformerLayer[] Layers { get; }

    /// <summary>Before the head.</summary>
    public LayerNormWeights OutputNorm { get; }

    /// <summary>[2, width].</summary>
    public float[] Head { get; }

    /// <summary>[2].</summary>
    public float[] HeadBias { get; }

    /// <summary>Reads and packs the weights of a file.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or of another shape.</exception>
    public static BitTransformerWeights Read(SafetensorsFile file, BitTransformerConfig config, Precision precision) =>
        new(file, config, precision);

    private static BitTransformerLayer ReadLayer(
        SafetensorsFile file,
        string prefix,
        BitTransformerConfig config,
        Precision precision
    )
    {
        var width = config.Width;
        return new BitTransformerLayer
        {
            AttentionNorm = ReadNorm(file, prefix + "norm1", width),
            QueryKeyValue = Linear.Create(
                file.Read(prefix + "self_attn.in_proj_weight", 3 * width, width),
                file.Read(prefix + "self_attn.in_proj_bias", 3 * width),
                precision
            ),
            AttentionOutput = Linear.Read(file, prefix + "self_attn.out_proj", width, width, precision),
            FeedForwardNorm = ReadNorm(file, prefix + "norm2", width),
            Intermediate = Linear.Read(file, prefix + "linear1", config.FeedForwardSize, width, precision),
            Output = Linear.Read(file, prefix + "linear2", width, config.FeedForwardSize, precision),
            Halt = config.IsAdaptive ? file.Read(prefix + "halt.weight", 1, width) : [],
            HaltBias = config.IsAdaptive ? file.Read(prefix + "halt.bias", 1)[0] : 0,
        };
    }

    private static LayerNormWeights ReadNorm(SafetensorsFile file, string name, int width) =>
        new(file.Read($"{name}.weight", width), file.Read($"{name}.bias", width));
}
