using McpLongContext.Bits.Coding;
using McpLongContext.Bits.Streams;
using McpLongContext.Inference.Bits;

namespace McpLongContext.Context.Bits;

/// <summary>
/// Arithmetic coding of some lanes of bytes over a model: the lanes are read in step, so that the model's weights are
/// read once for all of them. Parity bits follow from the bytes and are not coded.
/// </summary>
internal static class LaneCoder
{
    /// <summary>Codes lanes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="lanes">The bytes of each lane; none is longer than the first.</param>
    /// <param name="cancellation">Ends the work between bytes.</param>
    /// <returns>The code of each lane.</returns>
    public static byte[][] Encode(
        BitTransformer model,
        IReadOnlyList<ReadOnlyMemory<byte>> lanes,
        CancellationToken cancellation
    )
    {
        var encoders = lanes.Select(_ => new ArithmeticEncoder()).ToArray();
        Run(
            model,
            [.. lanes.Select(lane => lane.Length)],
            (lane, at, bit, probability) =>
            {
                var value = (lanes[lane].Span[at] >> (ByteBits.Payload - 1 - bit)) & 1;
                encoders[lane].Write(value, probability);
                return value;
            },
            cancellation
        );
        return [.. encoders.Select(encoder => encoder.Finish())];
    }

    /// <summary>Reads lanes.</summary>
    /// <param name="model">The model that they were coded with.</param>
    /// <param name="codes">The code of each lane.</param>
    /// <param name="lanes">Receive the bytes of each lane; none is longer than the first.</param>
    /// <param name="cancellation">Ends the work between bytes.</param>
    public static void Decode(
        BitTransformer model,
        IReadOnlyList<ReadOnlyMemory<byte>> codes,
        IReadOnlyList<Memory<byte>> lanes,
        CancellationToken cancellation
    )
    {
        var decoders = codes.Select(code => new ArithmeticDecoder(code)).ToArray();
        Run(
            model,
            [.. lanes.Select(lane => lane.Length)],
            (lane, at, _, probability) =>
            {
                var value = decoders[lane].Read(probability);
                lanes[lane].Span[at] = (byte)((lanes[lane].Span[at] << 1) | value);
                return value;
            },
            cancellation
        );
    }

    /// <summary>Codes a bit of a lane, and returns it.</summary>
    private delegate int CodeBit(int lane, int at, int bit, int probability);

    private static void Run(BitTransformer model, int[] lengths, CodeBit code, CancellationToken cancellation)
    {
        var predictor = new LanePredictor(model, lengths.Length);
        var bits = new byte[lengths.Length];
        var parity = new byte[lengths.Length];
        for (var at = 0; at < lengths[0]; at++)
        {
            cancellation.ThrowIfCancellationRequested();
            Array.Clear(parity);
            for (var bit = 0; bit < ByteBits.Payload; bit++)
            {
                for (var lane = 0; lane < lengths.Length; lane++)
                {
                    // A lane that has ended is read on as zeros.
                    bits[lane] = at < lengths[lane] ? (byte)code(lane, at, bit, predictor[lane]) : (byte)0;
                    parity[lane] ^= bits[lane];
                }

                predictor.Push(bits);
            }

            if (model.Config.Parity)
            {
                predictor.Push(parity);
            }
        }
    }
}
