using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.EncoderDecoders.Families;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>The parameters of an encoder-decoder in fp32, tensor by tensor, as training needs them.</summary>
public sealed class EncoderDecoderParameters : IDisposable
{
    private readonly ITensorSource _tensors;

    private EncoderDecoderParameters(EncoderDecoderConfig config, ITensorSource tensors, IFamilyNames names) =>
        (Config, _tensors, Names) = (config, tensors, names);

    /// <summary>Dimensions and switches.</summary>
    public EncoderDecoderConfig Config { get; }

    /// <summary>The names of the tensors in this checkpoint.</summary>
    public IFamilyNames Names { get; }

    /// <summary>Opens a model.</summary>
    /// <param name="folder">As <see cref="EncoderDecoder.Load"/> takes it.</param>
    /// <exception cref="CheckpointException">There is no model, or none that is supported.</exception>
    public static EncoderDecoderParameters Open(string folder)
    {
        var (config, family, _) = EncoderDecoder.ReadConfig(folder);
        var tensors = EncoderDecoder.OpenTensors(folder);
        return new EncoderDecoderParameters(config, tensors, family.Names(tensors, config));
    }

    /// <summary>Reads a tensor.</summary>
    /// <param name="name">The tensor's whole name.</param>
    /// <param name="shape">The dimensions, row-major.</param>
    /// <exception cref="CheckpointException">The tensor is missing, of another shape or type, or not finite.</exception>
    public float[] Read(string name, params ReadOnlySpan<int> shape)
    {
        _tensors.Require(name, shape);
        var size = 1;
        foreach (var dimension in shape)
        {
            size = checked(size * dimension);
        }

        var values = new float[size];
        _tensors.ReadRows(name, 0, values);
        return values;
    }

    /// <inheritdoc />
    public void Dispose() => _tensors.Dispose();
}
