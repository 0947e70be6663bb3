using System.Text.Json;
using McpLongContext.Inference.EncoderDecoders.Families;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// Writes the <c>config.json</c> of an encoder-decoder as the Transformers library does, and names the tensors of a model
/// that has none yet.
/// </summary>
public static class EncoderDecoderConfigWriter
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    /// <summary>Writes a configuration: what <see cref="EncoderDecoder.Load"/> reads as the same one.</summary>
    /// <param name="destination">Receives the file.</param>
    /// <param name="config">The configuration.</param>
    /// <exception cref="ArgumentException">The architecture is none that can be written.</exception>
    public static void Write(Stream destination, EncoderDecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var fields = FamilyOf(config).Write(config);
        fields.Add("is_encoder_decoder", true);
        JsonSerializer.Serialize(destination, fields, s_json);
    }

    /// <summary>The names of the tensors of a new model.</summary>
    /// <param name="config">The configuration.</param>
    /// <exception cref="ArgumentException">The architecture is none that can be written.</exception>
    public static IFamilyNames NamesOf(EncoderDecoderConfig config) => FamilyOf(config).NewNames(config);

    private static IEncoderDecoderFamily FamilyOf(EncoderDecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return EncoderDecoderFamilies.All.FirstOrDefault(family => family.ModelTypes.Contains(config.Architecture))
            ?? throw new ArgumentException($"'{config.Architecture}' found, expected t5, mt5 or bart.", nameof(config));
    }
}
