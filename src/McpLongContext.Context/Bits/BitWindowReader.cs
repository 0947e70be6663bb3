using McpLongContext.Bits.Streams;
using McpLongContext.Inference.Bits;

namespace McpLongContext.Context.Bits;

/// <summary>A window that was read: the bits of its core and how they were predicted.</summary>
/// <param name="Window">The window.</param>
/// <param name="Bits">[core], each 0 or 1.</param>
/// <param name="Probabilities">[core], of a 1, before the bit was read.</param>
/// <param name="AttentionEntropy">Mean entropy of attention weights, in bits.</param>
internal sealed record ReadWindow(BitWindow Window, byte[] Bits, float[] Probabilities, double AttentionEntropy);

/// <summary>Reads windows of a stream through a model; one for each thread.</summary>
internal sealed class BitWindowReader(BitTransformer model, IBitSource source)
{
    /// <summary>Queries of a window whose attention is measured: all would cost as much as attention itself.</summary>
    private const int EntropyQueries = 8;

    private readonly BitTransformerSession _session = model.CreateSession();

    /// <summary>Reads a window.</summary>
    public ReadWindow Read(BitWindow window, CancellationToken cancellation)
    {
        var period = model.Config.BitsPerByte;
        var bits = BitsOf(window, period);
        var logits = new float[2 * bits.Length];
        _session.Reset();
        _session.Forward(bits, (int)(window.First % period), logits, cancellation);
        var probabilities = new float[bits.Length - window.Skipped];
        for (var i = 0; i < probabilities.Length; i++)
        {
            // The logits after a bit predict the next one; nothing comes before the first bit of a stream.
            var before = window.Skipped + i - 1;
            probabilities[i] = before < 0 ? 0.5f : 1 / (1 + MathF.Exp(logits[2 * before] - logits[(2 * before) + 1]));
        }

        return new ReadWindow(window, bits[window.Skipped..], probabilities, _session.AttentionEntropy(EntropyQueries));
    }

    private byte[] BitsOf(BitWindow window, int period)
    {
        var first = window.First / period;
        var end = (window.First + window.Count + period - 1) / period;
        var bytes = new byte[end - first];
        source.Read(first, bytes);
        return ByteBits
            .Of(bytes, model.Config.Parity)
            .AsSpan((int)(window.First - (first * period)), window.Count)
            .ToArray();
    }
}
