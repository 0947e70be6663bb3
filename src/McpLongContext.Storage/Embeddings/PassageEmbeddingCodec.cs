using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using McpLongContext.Kernels.Search;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// Quantizes the vectors of passages by the optimal eight-level quantizer of a Gaussian (Max, 1960), about the mean of
/// the encoder's embeddings and in their deviations: levels ±0.2451, ±0.7560, ±1.344 and ±2.152, cut in the middles, in
/// units of the vector's own root mean square. As for token embeddings, the scale makes inner products unbiased. Codes:
/// three bits a dimension, the sign highest, eight dimensions in three bytes, little-endian.
/// </summary>
internal sealed class PassageEmbeddingCodec
{
    private const int Bits = 3;

    /// <summary>Vectors restored at a time, so that they stay in the cache.</summary>
    private const int Block = 32;

    private static readonly float[] s_cuts = [0.5006f, 1.050f, 1.748f];

    /// <summary>The levels times 58.1, which makes whole numbers of them, by their codes.</summary>
    private static readonly sbyte[] s_levels = [14, 44, 78, 125, -14, -44, -78, -125];

    /// <summary>The same in a word, the first in the lowest byte.</summary>
    private static readonly ulong s_levelWord = MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes<sbyte>(s_levels));

    /// <summary>The levels of four dimensions by their twelve bits.</summary>
    private static readonly sbyte[] s_quadruples = Enumerable
        .Range(0, 1 << (4 * Bits))
        .SelectMany(code => Enumerable.Range(0, 4).Select(i => s_levels[(code >> (Bits * i)) & 7]))
        .ToArray();

    private readonly float[] _mean;
    private readonly float[] _deviation;

    public PassageEmbeddingCodec(EmbeddingProfile profile)
    {
        Dimensions = profile.Dimensions;
        _mean = profile.Mean.ToArray();
        _deviation = profile.Deviation.ToArray();
    }

    /// <summary>The levels by their codes, <c>[8]</c>, in the unit of the scales.</summary>
    public static float[] Levels => Array.ConvertAll(s_levels, level => (float)level);

    /// <summary>The width of a vector.</summary>
    public int Dimensions { get; }

    /// <summary>Bytes of a vector's codes.</summary>
    public int Bytes => Dimensions * Bits / 8;

    /// <summary>Quantizes a vector <c>[dimensions]</c>; returns its scale.</summary>
    public float Encode(ReadOnlySpan<float> vector, Span<byte> codes)
    {
        Span<float> centered = stackalloc float[Dimensions];
        Span<float> standard = stackalloc float[Dimensions];
        TensorPrimitives.Subtract(vector, _mean, centered);
        TensorPrimitives.Divide(centered, _deviation, standard);
        var unit = TensorPrimitives.Norm<float>(standard) / MathF.Sqrt(Dimensions);
        for (var i = 0; i < Dimensions; i += 8)
        {
            var word = 0;
            for (var lane = 0; lane < 8; lane++)
            {
                word |= Code(standard[i + lane], unit) << (Bits * lane);
            }

            (codes[0], codes[1], codes[2]) = ((byte)word, (byte)(word >> 8), (byte)(word >> 16));
            codes = codes[Bits..];
            for (var lane = 0; lane < 8; lane++)
            {
                standard[i + lane] = s_levels[(word >> (Bits * lane)) & 7];
            }
        }

        TensorPrimitives.Multiply(standard, _deviation, standard);
        var norm = TensorPrimitives.SumOfSquares<float>(centered);
        return norm > 0 ? norm / TensorPrimitives.Dot<float>(centered, standard) : 0;
    }

    /// <summary>Restores a vector, <c>[dimensions]</c>.</summary>
    public void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> vector)
    {
        Span<sbyte> levels = stackalloc sbyte[Dimensions];
        Unpack(codes, levels);
        TensorPrimitives.ConvertTruncating<sbyte, float>(levels, vector);
        TensorPrimitives.Multiply(vector, _deviation, vector);
        TensorPrimitives.Multiply(vector, scale, vector);
        TensorPrimitives.Add(vector, _mean, vector);
    }

    /// <summary>
    /// products[v] = query · vector[v], from codes <c>[vectors, bytes]</c> and scales <c>[vectors]</c>.
    /// </summary>
    public void Dot(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> query,
        Span<float> products
    )
    {
        // q · (mean + scale * deviation * levels) = q · mean + scale * (q * deviation) · levels
        Span<float> stretched = stackalloc float[Dimensions];
        TensorPrimitives.Multiply(query, _deviation, stretched);
        var ofMean = TensorPrimitives.Dot(query, _mean);
        var levels = ArrayPool<sbyte>.Shared.Rent(Block * Dimensions);
        for (var first = 0; first < scales.Length; first += Block)
        {
            var count = Math.Min(Block, scales.Length - first);
            var block = levels.AsSpan(0, count * Dimensions);
            Unpack(codes.Slice(first * Bytes, count * Bytes), block);
            var part = products.Slice(first, count);
            Int8Vectors.Dot(block, scales.Slice(first, count), stretched, Dimensions, part);
            TensorPrimitives.Add(part, ofMean, part);
        }

        ArrayPool<sbyte>.Shared.Return(levels);
    }

    private static int Code(float value, float unit)
    {
        var size = MathF.Abs(value);
        var level = 0;
        while (level < s_cuts.Length && size > s_cuts[level] * unit)
        {
            level++;
        }

        return value < 0 ? level | 4 : level;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Unpack(ReadOnlySpan<byte> codes, Span<sbyte> levels)
    {
        if (Avx512Vbmi.IsSupported)
        {
            // Eight dimensions in 24 bits are taken from a word of 64; what is read stays within the codes.
            for (; codes.Length >= Vector256<byte>.Count; codes = codes[(Vector512<byte>.Count * Bits / 8)..])
            {
                Unpack(Vector256.Create(codes)).CopyTo(levels);
                levels = levels[Vector512<byte>.Count..];
            }
        }

        var quadruples = MemoryMarshal.Cast<sbyte, uint>(s_quadruples);
        var words = MemoryMarshal.Cast<sbyte, uint>(levels);
        for (var i = 0; i + 1 < words.Length; i += 2)
        {
            var word = codes[0] | codes[1] << 8 | codes[2] << 16;
            words[i] = quadruples[word & 0xFFF];
            words[i + 1] = quadruples[word >> 12];
            codes = codes[Bits..];
        }
    }

    /// <summary>The levels of 64 dimensions, whose codes are the first 24 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Unpack(Vector256<byte> codes)
    {
        var words = Avx512Vbmi.PermuteVar64x8(
            codes.ToVector512Unsafe(),
            Vector512
                .Create(0x020100UL, 0x050403UL, 0x080706UL, 0x0B0A09UL, 0x0E0D0CUL, 0x11100FUL, 0x141312UL, 0x171615UL)
                .AsByte()
        );
        var shifts = Vector512.Create(0x15_12_0F_0C_09_06_03_00UL).AsByte();
        var indexes = Avx512Vbmi.MultiShift(shifts, words.AsUInt64()) & Vector512.Create((byte)7);
        return Avx512BW.Shuffle(Vector512.Create(Vector128.Create(s_levelWord).AsSByte()), indexes.AsSByte());
    }
}
