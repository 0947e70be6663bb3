using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>How the Transformers library writes the encoder-decoders of a family.</summary>
internal interface IEncoderDecoderFamily
{
    /// <summary>The values of <c>model_type</c>.</summary>
    public IReadOnlyList<string> ModelTypes { get; }

    /// <summary>Fields of this family that no logit depends on.</summary>
    public IReadOnlySet<string> NeutralFields { get; }

    /// <summary>Reads the fields of a <c>config.json</c>.</summary>
    /// <exception cref="CheckpointException">A field has a value that is not supported.</exception>
    public EncoderDecoderConfig Read(JsonFields fields);

    /// <summary>The names of the tensors.</summary>
    /// <param name="tensors">All that there are: some files write the same ones under shorter names.</param>
    /// <param name="config">The configuration.</param>
    public IFamilyNames Names(ITensorSource tensors, EncoderDecoderConfig config);

    /// <summary>The fields of a <c>config.json</c> that <see cref="Read"/> reads as this configuration.</summary>
    public Dictionary<string, object?> Write(EncoderDecoderConfig config);

    /// <summary>The names of the tensors of a new model.</summary>
    public IFamilyNames NewNames(EncoderDecoderConfig config);
}
