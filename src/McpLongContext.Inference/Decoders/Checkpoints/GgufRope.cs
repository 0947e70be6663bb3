using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Decoders.Positions;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>The rotary scaling in a GGUF file, as llama.cpp reads it.</summary>
internal static class GgufRope
{
    private const string Type = "rope.scaling.type";

    /// <summary>Reads the scaling.</summary>
    /// <exception cref="CheckpointException">The scaling is not supported.</exception>
    public static RotaryScaling Read(GgufFields fields, GgufTensors tensors, int headDim)
    {
        // Without a type, a factor divides positions; with the type none, it does nothing.
        var type = fields.Text(Type) ?? "linear";
        var given = fields.Number("rope.scaling.factor") ?? fields.Number("rope.scale_linear");
        var factor = given is null or 0 ? 1 : given.Value;
        var scaling = type switch
        {
            "none" => RotaryScaling.None,
            "linear" when factor == 1 => RotaryScaling.None,
            "linear" => new LinearScaling(factor),
            "yarn" => ReadYarn(fields, factor, headDim),
            _ => throw fields.Wrong(Type, $"'{type}'", "none, linear or yarn"),
        };
        var attention = fields.Number("rope.scaling.attn_factor") ?? 1;
        if (attention != 1 && type != "yarn")
        {
            throw fields.Wrong("rope.scaling.attn_factor", attention, "1, since the type is not yarn");
        }

        if (!tensors.Contains(GgufLlama.RotaryDivisors))
        {
            return scaling;
        }

        if (scaling != RotaryScaling.None)
        {
            throw fields.Wrong(Type, $"'{type}'", $"none beside the tensor {GgufLlama.RotaryDivisors}");
        }

        tensors.Require(GgufLlama.RotaryDivisors, headDim / 2);
        var divisors = new float[headDim / 2];
        tensors.ReadRows(GgufLlama.RotaryDivisors, 0, divisors);
        return new DividedScaling(divisors);
    }

    private static YarnScaling ReadYarn(GgufFields fields, double factor, int headDim)
    {
        const string OriginalLength = "rope.scaling.original_context_length";
        var original = fields.Optional(OriginalLength) ?? fields.Required("context_length");
        var scaling = new YarnScaling(factor, original)
        {
            OwnAttentionFactor = fields.Number("rope.scaling.attn_factor") is { } own and not 1
                ? own * YarnScaling.MagnitudeOf(factor)
                : null,
            BetaFast = fields.Number("rope.scaling.yarn_beta_fast") ?? 32,
            BetaSlow = fields.Number("rope.scaling.yarn_beta_slow") ?? 1,
        };
        return scaling.HasRamp(headDim, fields.Number("rope.freq_base") ?? 10_000)
            ? scaling
            : throw fields.Wrong(OriginalLength, original, "a length that the ramp of YaRN fits");
    }
}
