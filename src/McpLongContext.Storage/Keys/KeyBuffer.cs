using System.Runtime.InteropServices;
using McpLongContext.Kernels.Search;

namespace McpLongContext.Storage.Keys;

/// <summary>Keys in RAM, quantized as they are added. Not thread-safe while it is added to.</summary>
public sealed class KeyBuffer : IKeyBlock
{
    private readonly List<sbyte>[] _codes;
    private readonly List<float>[] _scales;

    /// <summary>Creates an empty buffer.</summary>
    /// <param name="shape">The key vectors that are stored for a token.</param>
    public KeyBuffer(KeyShape shape)
    {
        Shape = shape;
        _codes = new List<sbyte>[shape.Planes];
        _scales = new List<float>[shape.Planes];
        for (var plane = 0; plane < shape.Planes; plane++)
        {
            _codes[plane] = [];
            _scales[plane] = [];
        }
    }

    /// <summary>The key vectors that are stored for a token.</summary>
    public KeyShape Shape { get; }

    /// <inheritdoc/>
    public int Tokens => _scales[0].Count;

    /// <summary>Adds vectors to one plane; each plane is given as many in the end.</summary>
    /// <param name="plane">The plane, from 0.</param>
    /// <param name="vectors"><c>[tokens, dimensions]</c>.</param>
    /// <exception cref="ArgumentException">The floats are no whole number of vectors.</exception>
    public void Append(int plane, ReadOnlySpan<float> vectors)
    {
        var (tokens, rest) = Math.DivRem(vectors.Length, Shape.Dimensions);
        if (rest != 0)
        {
            throw new ArgumentException(
                $"{vectors.Length} numbers found, expected a multiple of {Shape.Dimensions}.",
                nameof(vectors)
            );
        }

        var (codes, scales) = (_codes[plane], _scales[plane]);
        var first = scales.Count;
        CollectionsMarshal.SetCount(scales, first + tokens);
        CollectionsMarshal.SetCount(codes, (first + tokens) * Shape.Dimensions);
        Int8Vectors.Quantize(
            vectors,
            CollectionsMarshal.AsSpan(codes)[(first * Shape.Dimensions)..],
            CollectionsMarshal.AsSpan(scales)[first..]
        );
    }

    /// <summary>Forgets all tokens.</summary>
    public void Clear()
    {
        Array.ForEach(_codes, codes => codes.Clear());
        Array.ForEach(_scales, scales => scales.Clear());
    }

    /// <inheritdoc/>
    public ReadOnlySpan<sbyte> Codes(int plane, int first, int count) =>
        CollectionsMarshal.AsSpan(_codes[plane]).Slice(first * Shape.Dimensions, count * Shape.Dimensions);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Scales(int plane, int first, int count) =>
        CollectionsMarshal.AsSpan(_scales[plane]).Slice(first, count);
}
