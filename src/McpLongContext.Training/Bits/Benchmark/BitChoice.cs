using McpLongContext.Inference.Bits;

namespace McpLongContext.Training.Bits.Benchmark;

/// <summary>
/// The rule that makes defaults out of measurements. What makes a model see further is taken as far as it fits the memory
/// and keeps half of the best rate; a switch that saves time or memory alone is turned on where it saves a tenth.
/// </summary>
internal static class BitChoice
{
    private const double LeastRate = 0.5;
    private const double LeastGain = 1.1;

    /// <summary>Half of a machine's memory: the rest is for its other programs.</summary>
    public static long LimitOf(long memory) => memory / 2;

    /// <summary>The longest candidate that fits and is at least half as fast as the fastest that fits.</summary>
    /// <param name="candidates">Candidates with what they took, shortest first; without where they were not run.</param>
    /// <param name="limit">Bytes at most.</param>
    /// <returns>The candidate; the first one where none fits.</returns>
    public static T Longest<T>(IReadOnlyList<(T Value, BitMeasurement? Measured)> candidates, long limit)
    {
        var fitting = candidates.Where(one => one.Measured is { } found && found.Memory <= limit).ToList();
        var fastest = fitting.Select(one => one.Measured!.BitsPerSecond).DefaultIfEmpty().Max();
        return fitting.Count == 0
            ? candidates[0].Value
            : fitting.Last(one => one.Measured!.BitsPerSecond >= LeastRate * fastest).Value;
    }

    /// <summary>Whether a switch makes the same work faster by a tenth without more memory than allowed.</summary>
    public static bool IsFaster(BitMeasurement? with, BitMeasurement? without, long limit) =>
        with is not null
        && without is not null
        && with.Memory <= limit
        && with.BitsPerSecond >= LeastGain * without.BitsPerSecond;

    /// <summary>
    /// Whether a switch saves a tenth of the memory and no more than half of the rate, or makes possible what did not end
    /// without it.
    /// </summary>
    public static bool IsSmaller(BitMeasurement? with, BitMeasurement? without) =>
        with is not null
        && (
            without is null
            || (LeastGain * with.Memory <= without.Memory && with.BitsPerSecond >= LeastRate * without.BitsPerSecond)
        );

    /// <summary>A model of the chosen values: no window is shorter than its chunk.</summary>
    public static BitTransformerConfig Together(
        BitTransformerConfig basis,
        int window,
        (int Size, int Overlap) chunks
    ) =>
        basis with
        {
            MaxLength = window,
            ChunkSize = chunks.Size >= window ? 0 : chunks.Size,
            ChunkOverlap = chunks.Size >= window ? 0 : chunks.Overlap,
        };
}
