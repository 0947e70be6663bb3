using McpLongContext.Training.Examples;

namespace McpLongContext.Training.Infini;

/// <summary>
/// Texts that grow as the model learns: more segments, and filler that stands for ever more of its kind, so that
/// examples of a few hundred tokens train the dilution of a text of millions.
/// </summary>
internal sealed class Curriculum
{
    private readonly Level[] _levels;

    /// <summary>The levels for segments of a length.</summary>
    /// <param name="segmentTokens">Tokens of a segment from the second level on; the first has half as many, at least
    /// 32.</param>
    public Curriculum(int segmentTokens)
    {
        var first = Math.Min(segmentTokens, Math.Max(32, segmentTokens / 2));
        _levels =
        [
            new(first, 2, 2, 1),
            new(segmentTokens, 2, 3, 4),
            new(segmentTokens, 3, 4, 30),
            new(segmentTokens, 3, 5, 300),
            new(segmentTokens, 4, 6, 3_000),
            new(segmentTokens, 4, 8, 30_000),
        ];
    }

    /// <summary>The last level.</summary>
    public int Last => _levels.Length - 1;

    /// <summary>The shape of a step's examples.</summary>
    /// <param name="level">From 0.</param>
    /// <param name="random">Chooses the number of segments.</param>
    public ExampleShape ShapeOf(int level, Random random)
    {
        var (tokens, least, most, weight) = _levels[level];
        return new ExampleShape(tokens, random.Next(least, most + 1), weight);
    }

    private sealed record Level(int SegmentTokens, int LeastSegments, int MostSegments, double MostWeight);
}
