using System.Text.Json;

namespace McpLongContext.LongAttention.Tests.Positions;

/// <summary>Data written by tools/golden/positions.</summary>
internal sealed record PositionGolden(
    PositionGolden.Scaled[] Rotary,
    PositionGolden.Stretch[] Learned,
    PositionGolden.Computed[] Sinusoidal
)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public static PositionGolden Read()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "GoldenData", "positions.json"));
        return JsonSerializer.Deserialize<PositionGolden>(file, s_json)!;
    }

    internal sealed record Scaled(
        string Method,
        int HeadDim,
        double Theta,
        int Window,
        int Length,
        double[] Frequencies,
        double AttentionFactor
    );

    internal sealed record Stretch(int Hidden, int Length, float[] Table, double[] Stretched);

    internal sealed record Computed(string Order, int Hidden, double[] Table);
}
