using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>The families that can be read, and the encoder-decoders that are recognized and refused.</summary>
internal static class EncoderDecoderFamilies
{
    private const string Remedy = "use a model of model_type t5, mt5 or bart";

    /// <summary>Encoder-decoders of other architectures, with the difference that matters.</summary>
    private static readonly Dictionary<string, string> s_refused = new(StringComparer.Ordinal)
    {
        ["longt5"] = "LongT5 has local and transient-global attention of its own",
        ["led"] = "LED and PRIMERA have windowed attention of their own",
        ["primera"] = "LED and PRIMERA have windowed attention of their own",
        ["umt5"] = "UMT5 has positions in every layer",
        ["switch_transformers"] = "Switch Transformers have experts",
        ["mbart"] = "mBART has norms before each sublayer and language codes",
        ["pegasus"] = "Pegasus has sinusoidal positions",
        ["pegasus_x"] = "PEGASUS-X has block-local attention of its own",
        ["bigbird_pegasus"] = "BigBird has sparse attention of its own",
        ["marian"] = "Marian has sinusoidal positions",
        ["m2m_100"] = "M2M-100 has sinusoidal positions and language codes",
        ["blenderbot"] = "Blenderbot has norms before each sublayer",
        ["blenderbot-small"] = "Blenderbot is a conversational model of another tokenizer",
        ["prophetnet"] = "ProphetNet predicts several tokens at a time",
        ["encoder-decoder"] = "pairs of other models have two configurations",
    };

    /// <summary>The families that can be read.</summary>
    public static IReadOnlyList<IEncoderDecoderFamily> All { get; } = [new T5Family(), new BartFamily()];

    /// <summary>Whether a <c>model_type</c> is that of an encoder-decoder, supported or not.</summary>
    public static bool IsKnown(string modelType) =>
        s_refused.ContainsKey(modelType) || All.Any(family => family.ModelTypes.Contains(modelType));

    /// <summary>The family of a configuration.</summary>
    /// <exception cref="CheckpointException">The model is of none that can be read; the message says what helps.</exception>
    public static IEncoderDecoderFamily Of(JsonFields fields)
    {
        var modelType = fields.Text("model_type") ?? "";
        return All.FirstOrDefault(family => family.ModelTypes.Contains(modelType))
            ?? throw fields.Wrong(
                "model_type",
                s_refused.TryGetValue(modelType, out var difference)
                    ? $"t5, mt5 or bart: {difference}, which is not supported; {Remedy}"
                    : "t5, mt5 or bart"
            );
    }
}
