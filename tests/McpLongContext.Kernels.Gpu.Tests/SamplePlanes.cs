using System.Runtime.InteropServices;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu.Tests;

/// <summary>Random planes, and their scores in double precision, computed as the definitions say.</summary>
internal sealed class SamplePlanes
{
    private readonly byte[] _passageCodes;
    private readonly byte[] _binaryCodes;
    private readonly byte[] _residualCodes;

    public SamplePlanes(Random random, int dimensions, params int[] tokens)
    {
        var offsets = new int[tokens.Length + 1];
        for (var i = 0; i < tokens.Length; i++)
        {
            offsets[i + 1] = offsets[i] + tokens[i];
        }

        _passageCodes = Bytes(random, tokens.Length * 3 * dimensions / 8);
        _binaryCodes = Bytes(random, offsets[^1] * dimensions / 8);
        _residualCodes = Bytes(random, offsets[^1] * ((dimensions / 8) + 1));
        Planes = new EmbeddingPlanes
        {
            Dimensions = dimensions,
            Offsets = offsets,
            PassageScales = Floats(random, tokens.Length),
            PassageCodes = Reader(_passageCodes, 3 * dimensions / 8),
            BinaryCodes = Reader(_binaryCodes, dimensions / 8),
            ResidualCodes = Reader(_residualCodes, (dimensions / 8) + 1),
            PassageLevels = Floats(random, 8),
            TokenLevels = [0.45f, 1.5f],
            TokenScales = Floats(random, 256),
        };
    }

    public EmbeddingPlanes Planes { get; }

    public double Passage(int passage, float[] query)
    {
        var sum = 0.0;
        for (var d = 0; d < query.Length; d++)
        {
            var bit = (passage * query.Length * 3) + (d * 3);
            var code = 0;
            for (var i = 0; i < 3; i++)
            {
                code |= ((_passageCodes[(bit + i) / 8] >> ((bit + i) % 8)) & 1) << i;
            }

            sum += Planes.PassageLevels[code] * (double)query[d];
        }

        return Planes.PassageScales[passage] * sum;
    }

    public double Binary(int passage, byte[] queries, float[] weights) =>
        MaxSimilarity(
            passage,
            weights,
            (query, token) =>
            {
                var same = 0;
                for (var d = 0; d < Planes.Dimensions; d++)
                {
                    var equal = Bit(queries, query, d) == Bit(_binaryCodes, token, d);
                    same += equal ? 1 : -1;
                }

                return same / (double)Planes.Dimensions;
            }
        );

    public double Residual(int passage, float[] queries, float[] weights) =>
        MaxSimilarity(
            passage,
            weights,
            (query, token) =>
            {
                var row = _residualCodes.AsSpan(token * ((Planes.Dimensions / 8) + 1));
                var sum = 0.0;
                for (var d = 0; d < Planes.Dimensions; d++)
                {
                    var level = Planes.TokenLevels[(row[d / 8] >> (d % 8)) & 1];
                    var sign = Bit(_binaryCodes, token, d) ? 1 : -1;
                    sum += sign * level * (double)queries[(query * Planes.Dimensions) + d];
                }

                return Planes.TokenScales[row[Planes.Dimensions / 8]] * sum;
            }
        );

    public static float[] Floats(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];

    public static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    public static PlaneReader Reader<T>(T[] items, int itemBytes)
        where T : unmanaged =>
        (first, count) => MemoryMarshal.AsBytes<T>(items).Slice(first * itemBytes, count * itemBytes);

    private bool Bit(byte[] codes, int row, int dimension) =>
        ((codes[(row * Planes.Dimensions / 8) + (dimension / 8)] >> (dimension % 8)) & 1) == 1;

    private double MaxSimilarity(int passage, float[] weights, Func<int, int, double> similarity)
    {
        var (first, end) = (Planes.Offsets[passage], Planes.Offsets[passage + 1]);
        return first == end
            ? double.NaN
            : weights
                .Select(
                    (weight, query) =>
                        weight * Enumerable.Range(first, end - first).Max(token => similarity(query, token))
                )
                .Sum();
    }
}
