using McpLongContext.Bits.Streams;
using McpLongContext.Inference.Bits;
using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>
/// Several long streams of bits in step, each read chunk by chunk to the end of a window; then each continues
/// elsewhere.
/// </summary>
/// <param name="config">The model that reads them.</param>
/// <param name="corpus">The bytes.</param>
/// <param name="directShare">The share of streams that are not run-length coded.</param>
internal sealed class BitStreams(BitTransformerConfig config, byte[] corpus, double directShare)
{
    /// <summary>Bytes that are coded for one byte of a window at most: a run of 255 takes two.</summary>
    private const int LongestRuns = 128;

    /// <summary>Draws windows.</summary>
    /// <param name="random">Draws where they begin.</param>
    /// <param name="count">How many.</param>
    /// <returns>[count, max length + 1] bits, int64: every window with the bit after it.</returns>
    public Tensor Draw(Random random, int count)
    {
        var length = config.MaxLength + 1;
        var bits = new long[count * length];
        for (var i = 0; i < count; i++)
        {
            var window = Window(random, length);
            for (var bit = 0; bit < length; bit++)
            {
                bits[(i * length) + bit] = window[bit];
            }
        }

        return tensor(bits, [count, length]);
    }

    /// <summary>Bytes that a window takes from the corpus.</summary>
    public static int BytesOf(BitTransformerConfig config) => (config.MaxLength / config.BitsPerByte) + 2;

    private ReadOnlySpan<byte> Window(Random random, int length)
    {
        var needed = BytesOf(config);
        var first = random.Next(corpus.Length - needed);
        ReadOnlySpan<byte> bytes = corpus.AsSpan(first, needed);
        if (random.NextDouble() >= directShare)
        {
            var coded = RunLength.Encode(corpus.AsSpan(first, Math.Min(corpus.Length - first, LongestRuns * needed)));
            // What is shorter even so is read as it is.
            bytes = coded.Length < needed ? bytes : coded.AsSpan(0, needed);
        }

        return ByteBits.Of(bytes, config.Parity).AsSpan(0, length);
    }
}
