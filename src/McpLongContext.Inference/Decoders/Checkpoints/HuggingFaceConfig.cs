using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>Reads the <c>config.json</c> of a decoder as the Transformers library does.</summary>
internal static class HuggingFaceConfig
{
    private const string Sliding = "sliding_attention";
    private const string Full = "full_attention";
    private const int DefaultSlidingWindow = 4096;
    private const int DefaultMaxWindowLayers = 28;

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The configuration, and the fields that nothing was done with.</returns>
    /// <exception cref="CheckpointException">The file cannot be read, or is that of an unsupported model.</exception>
    public static (DecoderConfig Config, IReadOnlyList<string> Warnings) Read(string path) =>
        JsonFile.Read(path, root => Read(new JsonFields(path, root)));

    private static (DecoderConfig Config, IReadOnlyList<string> Warnings) Read(JsonFields fields)
    {
        var modelType = fields.Text("model_type");
        var family = HuggingFaceFamily.All.FirstOrDefault(family => family.ModelType == modelType);
        if (family is null)
        {
            throw fields.Wrong(
                "model_type",
                $"one of {string.Join(", ", HuggingFaceFamily.All.Select(one => one.ModelType))} "
                    + "(smollm is 'llama' in this format)"
            );
        }

        NeutralFields.RequireUnset(fields);
        var warnings = new List<string>();
        var config = Read(fields, family, warnings).Validate(fields.Path);
        var unread = fields.Unread.Where(field => !NeutralFields.IsWithoutEffect(field.Name));
        warnings.AddRange(unread.Select(field => NeutralFields.Describe(field, modelType!)));
        return (config, warnings);
    }

    private static DecoderConfig Read(JsonFields fields, HuggingFaceFamily family, List<string> warnings)
    {
        if (fields.Text("hidden_act") is { } activation and not ("silu" or "swish"))
        {
            throw fields.Wrong("hidden_act", $"silu, not {activation}: use a model of another activation function");
        }

        var hidden = Required("hidden_size");
        var heads = Required("num_attention_heads");
        var layers = Required("num_hidden_layers");
        var headDim = fields.Integer("head_dim") ?? family.DefaultHeadDim ?? (heads > 0 ? hidden / heads : 0);
        var maxPositions = fields.Integer("max_position_embeddings") ?? family.DefaultMaxPositions;
        var slides = SlidingLayers(fields, family, layers);
        var types = slides.Distinct().Select(slides => slides ? Sliding : Full).DefaultIfEmpty(Full);
        var rope = RopeParameters.Read(fields, [.. types], maxPositions, headDim, warnings);
        var hasAttentionBias = family.ReadsAttentionBias && (fields.Flag("attention_bias") ?? false);
        return new DecoderConfig
        {
            Architecture = family.ModelType,
            VocabularySize = Required("vocab_size"),
            HiddenSize = hidden,
            LayerCount = layers,
            HeadCount = heads,
            KeyValueHeadCount = KeyValueHeads(fields, family) ?? heads,
            HeadDim = headDim,
            IntermediateSize = Required("intermediate_size"),
            ContextLength = maxPositions,
            RmsNormEpsilon = (float)(fields.Number("rms_norm_eps") ?? 1e-6),
            RopeTheta = rope.Theta,
            RotaryScaling = rope.Scaling,
            SlidingWindows = Windows(fields, slides),
            HasQueryKeyValueBias = family.HasQueryKeyValueBias || hasAttentionBias,
            HasAttentionOutputBias = hasAttentionBias,
            HasFeedForwardBias = family.ReadsFeedForwardBias && (fields.Flag("mlp_bias") ?? false),
            HasQueryKeyNorm = family.HasQueryKeyNorm,
            HasTiedOutput = fields.Flag("tie_word_embeddings") ?? false,
            EmbeddingScale = Multiplier("embedding_multiplier") ?? 1,
            AttentionScale = family.ReadsMultipliers ? Multiplier("attention_multiplier") ?? 1 : null,
            ResidualScale = Multiplier("residual_multiplier") ?? 1,
            LogitDivisor = Multiplier("logits_scaling") ?? 1,
        };

        int Required(string name) => fields.Integer(name) ?? throw fields.Wrong(name, "an integer");

        float? Multiplier(string name) => family.ReadsMultipliers ? (float?)fields.Number(name) : null;
    }

    /// <summary>
    /// Written as null, they are as many as the query heads; left out, as many as the family's class assumes.
    /// </summary>
    private static int? KeyValueHeads(JsonFields fields, HuggingFaceFamily family) =>
        fields.IsWritten("num_key_value_heads") ? fields.Integer("num_key_value_heads") : family.DefaultKeyValueHeads;

    /// <summary>Whether each layer slides.</summary>
    private static bool[] SlidingLayers(JsonFields fields, HuggingFaceFamily family, int layers)
    {
        var slides = new bool[Math.Clamp(layers, 0, 1 << 20)];
        switch (family.Sliding)
        {
            case HuggingFaceFamily.SlidingRule.EveryLayer:
                // Null says that there is no window; where the field is missing, there is one.
                Array.Fill(slides, fields.Integer("sliding_window") is not null || !fields.IsWritten("sliding_window"));
                break;
            case HuggingFaceFamily.SlidingRule.ByLayer:
                var isUsed = fields.Flag("use_sliding_window") ?? false;
                var first = fields.Integer("max_window_layers") ?? DefaultMaxWindowLayers;
                var hasWindow = fields.Integer("sliding_window") is not null || !fields.IsWritten("sliding_window");
                for (var layer = 0; layer < slides.Length; layer++)
                {
                    slides[layer] = isUsed && hasWindow && layer >= first;
                }

                if (fields.Texts("layer_types") is { } types)
                {
                    ReadTypes(fields, types, slides, hasWindow && isUsed);
                }

                break;
            default:
                break;
        }

        return slides;
    }

    private static void ReadTypes(JsonFields fields, IReadOnlyList<string> types, bool[] slides, bool hasWindow)
    {
        if (types.Count != slides.Length || types.Any(type => type is not (Sliding or Full)))
        {
            throw fields.Wrong("layer_types", $"{slides.Length} of {Full} and {Sliding}, one for each layer");
        }

        if (types.Contains(Sliding) && !hasWindow)
        {
            throw fields.Wrong(
                "layer_types",
                $"{Full} in all layers: {Sliding} needs use_sliding_window true and a sliding_window"
            );
        }

        for (var layer = 0; layer < slides.Length; layer++)
        {
            slides[layer] = types[layer] == Sliding;
        }
    }

    private static int[]? Windows(JsonFields fields, bool[] slides)
    {
        if (!slides.Contains(true))
        {
            return null;
        }

        var window = fields.Integer("sliding_window") ?? DefaultSlidingWindow;
        return window >= 1
            ? Array.ConvertAll(slides, slides => slides ? window : int.MaxValue)
            : throw fields.Wrong("sliding_window", "1 or more tokens, or null");
    }
}
