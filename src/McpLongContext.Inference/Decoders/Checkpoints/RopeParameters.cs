using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders.Positions;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>
/// The rotary encoding in a <c>config.json</c>, in any of the ways that versions of the Transformers library wrote it:
/// the base at the top or inside, the scaling as <c>rope_scaling</c> or <c>rope_parameters</c>, flat or by type of
/// layer.
/// </summary>
/// <param name="Theta">The base of the frequencies.</param>
/// <param name="Scaling">The scaling of the frequencies.</param>
internal sealed record RopeParameters(double Theta, RotaryScaling Scaling)
{
    private const string OriginalLength = "original_max_position_embeddings";

    /// <summary>The types of layers that settings may be given by.</summary>
    private static readonly string[] s_layerTypes = ["full_attention", "sliding_attention"];

    /// <summary>
    /// The names that Transformers knows inside the settings; a type that does not read one of them ignores it.
    /// </summary>
    private static readonly string[] s_known =
    [
        "rope_type",
        "type",
        "rope_theta",
        "partial_rotary_factor",
        "factor",
        "low_freq_factor",
        "high_freq_factor",
        OriginalLength,
        "attention_factor",
        "beta_fast",
        "beta_slow",
        "mscale",
        "mscale_all_dim",
        "truncate",
        "short_factor",
        "long_factor",
        // Of the first files with YaRN: whether weights were tuned with it.
        "finetuned",
    ];

    /// <summary>Reads the settings.</summary>
    /// <param name="config">The whole configuration.</param>
    /// <param name="layerTypes">The types of the layers that the model has.</param>
    /// <param name="maxPositions">The window, in tokens.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="warnings">Receives what is not used.</param>
    /// <exception cref="CheckpointException">The settings are not supported, or lack a number.</exception>
    public static RopeParameters Read(
        JsonFields config,
        IReadOnlyList<string> layerTypes,
        int maxPositions,
        int headDim,
        List<string> warnings
    )
    {
        var top = new Defaults(
            config.Number("rope_theta") ?? 10_000,
            config.Number("partial_rotary_factor"),
            config.Integer(OriginalLength),
            maxPositions,
            headDim
        );
        var (older, newer) = (config.Object("rope_scaling"), config.Object("rope_parameters"));
        if (older is not null && newer is not null)
        {
            warnings.Add("rope_parameters is not used: rope_scaling, which is there as well, goes before it");
        }

        if ((older ?? newer) is not { } settings)
        {
            return Read(new JsonFields(config.Path, default), top, warnings);
        }

        return s_layerTypes.Any(settings.IsWritten)
            ? ReadByType(settings, layerTypes, top, warnings)
            : Read(settings, top, warnings);
    }

    private static RopeParameters ReadByType(
        JsonFields settings,
        IReadOnlyList<string> layerTypes,
        Defaults top,
        List<string> warnings
    )
    {
        var found = layerTypes
            .Select(type =>
                Read(
                    settings.Object(type) ?? throw settings.Wrong(type, $"settings, since layers are of {type}"),
                    top,
                    warnings
                )
            )
            .Distinct()
            .ToList();
        warnings.AddRange(settings.Unread.Select(field => $"{field.Name} is not used: no layer of the model is of it"));
        return found.Count == 1
            ? found[0]
            : throw settings.Wrong(
                layerTypes[0],
                $"the same rotary encoding as for {layerTypes[1]}: one for each type of layer is not supported"
            );
    }

    private static RopeParameters Read(JsonFields settings, Defaults top, List<string> warnings)
    {
        var type = settings.Text("rope_type") ?? settings.Text("type") ?? "default";
        settings.Find("type");
        var theta = settings.Number("rope_theta") ?? top.Theta;
        if ((settings.Number("partial_rotary_factor") ?? top.PartialFactor) is { } part and not 1)
        {
            throw new CheckpointException(
                settings.Path,
                $"partial_rotary_factor: {part} found, expected 1: a rotation of a part of each head is not supported"
            );
        }

        var scaling = ReadScaling(settings, type, theta, top);
        var unread = settings.Unread.ToList();
        foreach (var (name, value) in unread)
        {
            var last = name[(name.LastIndexOf('.') + 1)..];
            if (!s_known.Contains(last, StringComparer.Ordinal))
            {
                throw settings.Wrong(last, $"nothing: a setting of this name is not supported");
            }

            if (last != "finetuned")
            {
                warnings.Add($"{name}: {JsonFields.Excerpt(value)} is not used: rope type '{type}' does not read it");
            }
        }

        return new RopeParameters(theta, scaling);
    }

    private static RotaryScaling ReadScaling(JsonFields settings, string type, double theta, Defaults top)
    {
        switch (type)
        {
            case "default":
                return RotaryScaling.None;
            case "linear":
                return new LinearScaling(Required("factor"));
            case "dynamic":
                // The base grows with texts beyond the window alone; up to there it is the trained one.
                Required("factor");
                return RotaryScaling.None;
            case "llama3":
                return ReadLlama3();
            case "yarn":
                return ReadYarn();
            default:
                throw settings.Wrong(
                    settings.IsWritten("rope_type") ? "rope_type" : "type",
                    "default, linear, dynamic, llama3 or yarn: use a model of one of these, or a window without scaling"
                );
        }

        double Required(string name) =>
            settings.Number(name) is { } number and > 0
                ? number
                : throw settings.Wrong(name, $"a positive number, which rope type '{type}' needs");

        int Original()
        {
            var inside = settings.Integer(OriginalLength);
            var length = top.OriginalLength ?? inside ?? top.MaxPositions;
            return length > 0 ? length : throw settings.Wrong(OriginalLength, "a positive number");
        }

        Llama3Scaling ReadLlama3()
        {
            var scaling = new Llama3Scaling(
                Required("factor"),
                Required("low_freq_factor"),
                Required("high_freq_factor"),
                Original()
            );
            return scaling.HighFrequencyFactor > scaling.LowFrequencyFactor
                ? scaling
                : throw settings.Wrong("high_freq_factor", $"more than low_freq_factor, {scaling.LowFrequencyFactor}");
        }

        YarnScaling ReadYarn()
        {
            var original = Original();
            var factor = settings.IsWritten("factor")
                ? settings.Number("factor") ?? (double)top.MaxPositions / original
                : Required("factor");
            var scaling = new YarnScaling(factor > 0 ? factor : Required("factor"), original)
            {
                OwnAttentionFactor = ReadAttentionFactor(settings, factor),
                BetaFast = settings.Number("beta_fast") is { } fast and not 0 ? fast : 32,
                BetaSlow = settings.Number("beta_slow") is { } slow and not 0 ? slow : 1,
                IsTruncated = settings.Flag("truncate") ?? true,
            };
            // A base of 1 or less is rejected as such.
            return theta <= 1 || scaling.HasRamp(top.HeadDim, theta)
                ? scaling
                : throw settings.Wrong(
                    OriginalLength,
                    $"a length with pairs of dimensions that turn {scaling.BetaSlow} to {scaling.BetaFast} times in it, "
                        + $"not {original}"
                );
        }
    }

    /// <summary>
    /// The factor as it is given or, with both magnitudes, their quotient (DeepSeek-V2, arXiv 2405.04434).
    /// </summary>
    private static double? ReadAttentionFactor(JsonFields settings, double factor)
    {
        var (given, magnitude) = (settings.Number("attention_factor"), settings.Number("mscale"));
        var ofAll = settings.Number("mscale_all_dim");
        var isPair = magnitude is not (null or 0) && ofAll is not (null or 0);
        var quotient = isPair
            ? YarnScaling.MagnitudeOf(factor, magnitude!.Value) / YarnScaling.MagnitudeOf(factor, ofAll!.Value)
            : (double?)null;
        var used = given ?? quotient;
        return used is null or > 0
            ? used
            : throw settings.Wrong(given is null ? "mscale" : "attention_factor", "a positive attention factor");
    }

    /// <summary>The values that hold where the settings do not give them.</summary>
    private sealed record Defaults(
        double Theta,
        double? PartialFactor,
        int? OriginalLength,
        int MaxPositions,
        int HeadDim
    );
}
