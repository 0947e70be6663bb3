using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Llama.Positions;

namespace McpLongContext.Inference.Llama.Checkpoints;

/// <summary>The rotary scaling in a <c>config.json</c>.</summary>
internal sealed record RopeParameters(
    string? RopeType,
    string? Type,
    double? RopeTheta,
    double? Factor,
    double? LowFreqFactor,
    double? HighFreqFactor,
    int? OriginalMaxPositionEmbeddings,
    double? AttentionFactor,
    double? BetaFast,
    double? BetaSlow
)
{
    /// <summary>Makes the scaling.</summary>
    /// <exception cref="CheckpointException">It is of a type that is not supported, or lacks a number.</exception>
    public static RotaryScaling Convert(string path, RopeParameters? found, int maxPositions)
    {
        var type = found?.RopeType ?? found?.Type ?? "default";
        return type switch
        {
            "default" => RotaryScaling.None,
            "linear" => new LinearScaling(Number(found!.Factor, "factor")),
            "yarn" => new YarnScaling(
                Number(found!.Factor, "factor"),
                found.OriginalMaxPositionEmbeddings ?? maxPositions
            )
            {
                OwnAttentionFactor = found.AttentionFactor,
                BetaFast = found.BetaFast ?? 32,
                BetaSlow = found.BetaSlow ?? 1,
            },
            "llama3" => new Llama3Scaling(
                Number(found!.Factor, "factor"),
                Number(found.LowFreqFactor, "low_freq_factor"),
                Number(found.HighFreqFactor, "high_freq_factor"),
                (int)Number(found.OriginalMaxPositionEmbeddings, "original_max_position_embeddings")
            ),
            _ => throw new CheckpointException(
                path,
                $"rope_scaling: type '{type}' found, expected default, linear, yarn or llama3"
            ),
        };

        double Number(double? value, string name) =>
            value is > 0
                ? value.Value
                : throw new CheckpointException(
                    path,
                    $"rope_scaling: {name} {value?.ToString() ?? "nothing"} found, expected a positive number"
                );
    }
}
