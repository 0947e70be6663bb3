using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu.Tests;

/// <summary>A random plane, and its numbers.</summary>
internal sealed class SampleKeys
{
    private readonly int _dimensions;
    private readonly float[] _numbers;

    public SampleKeys(Random random, int tokens, int dimensions, KeyFormat format)
    {
        _dimensions = dimensions;
        Halves = Array.ConvertAll(SamplePlanes.Floats(random, tokens * dimensions), number => (Half)number);
        var codes = SamplePlanes.Bytes(random, tokens * dimensions);
        var scales = Array.ConvertAll(SamplePlanes.Floats(random, tokens), scale => scale / 60);
        var isHalf = format == KeyFormat.Half;
        _numbers =
        [
            .. Enumerable
                .Range(0, codes.Length)
                .Select(i => isHalf ? (float)Halves[i] : scales[i / dimensions] * (sbyte)codes[i]),
        ];
        Plane = new KeyPlane
        {
            Format = format,
            Tokens = tokens,
            Dimensions = dimensions,
            Codes = isHalf
                ? SamplePlanes.Reader(Halves, dimensions * sizeof(ushort))
                : SamplePlanes.Reader(codes, dimensions),
            Scales = isHalf ? null : SamplePlanes.Reader(scales, sizeof(float)),
        };
    }

    public KeyPlane Plane { get; }

    public Half[] Halves { get; }

    /// <summary>The numbers of a token.</summary>
    public ReadOnlySpan<float> this[int token] => _numbers.AsSpan(token * _dimensions, _dimensions);
}
