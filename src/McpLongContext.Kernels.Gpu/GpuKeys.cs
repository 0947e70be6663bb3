using ILGPU;
using ILGPU.Runtime;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu;

/// <summary>Keys in the memory of a device.</summary>
internal sealed class GpuKeys : IDeviceKeys
{
    private readonly GpuDevice _device;
    private readonly int _dimensions;
    private readonly long _bytes;
    private readonly KeyFormat _format;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _codes;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _scales;
    private bool _disposed;

    private GpuKeys(GpuDevice device, KeyPlane plane, long bytes)
    {
        _device = device;
        _dimensions = plane.Dimensions;
        _bytes = bytes;
        _format = plane.Format;
        _codes = device.Copy(plane.Tokens, CodeBytes(plane), plane.Codes);
        _scales = plane.Scales is { } scales
            ? device.Copy(plane.Tokens, sizeof(float), scales)
            : device.Copy(0, sizeof(float), (_, _) => []);
    }

    /// <summary>Keys, or values, as words of 32 bits.</summary>
    public ArrayView<int> Words => GpuDevice.View<int>(_codes);

    /// <summary>The scales of the tokens; of no use where the format has none.</summary>
    public ArrayView<float> Scales => GpuDevice.View<float>(_scales);

    /// <summary>How the numbers are written.</summary>
    public KeyFormat Format => _format;

    /// <inheritdoc/>
    public bool IsUsable => _device.IsUsable;

    /// <summary>The device that holds them.</summary>
    public GpuDevice Device => _device;

    /// <summary>Copies a plane; <see langword="null"/> where the device has no room.</summary>
    public static GpuKeys? Hold(GpuDevice device, KeyPlane plane)
    {
        var bytes = (long)plane.Tokens * (CodeBytes(plane) + (plane.Scales is null ? 0 : sizeof(float)));
        return device.Hold(DeviceContents.Keys, bytes, target => new GpuKeys(target, plane, bytes));
    }

    /// <inheritdoc/>
    public (float[] Largest, float[] Sums)? Sum(TokenRange[] ranges, float[] queries) =>
        _device.TryScan(() =>
        {
            var (parts, _) = Split(ranges);
            var count = queries.Length / _dimensions;
            var largest = _device.Buffers.Of<float>("largest", parts.Length * count);
            var sums = _device.Buffers.Of<float>("sums", parts.Length * count);
            _device.Accelerator.Launch(
                _format == KeyFormat.Half ? KeyKernels.Sum<HalfNumbers> : KeyKernels.Sum<CodeNumbers>,
                _device.Groups(parts.Length),
                _device.Buffers.Of<TokenRange>("ranges", parts),
                Words,
                Scales,
                _device.Buffers.Of<float>("query", queries),
                _dimensions,
                largest,
                sums
            );
            return ((float[], float[])?)Merge(_device.Buffers.Read(largest), _device.Buffers.Read(sums), count);
        });

    /// <inheritdoc/>
    public float[]? Score(TokenRange[] ranges, float[] queries, float[] weights, float[] logarithms) =>
        _device.TryScan(() =>
        {
            var (parts, starts) = Split(ranges);
            var scores = _device.Buffers.Of<float>("scores", ranges.Sum(range => range.Count));
            _device.Accelerator.Launch(
                _format == KeyFormat.Half ? KeyKernels.Score<HalfNumbers> : KeyKernels.Score<CodeNumbers>,
                _device.Groups(parts.Length),
                _device.Buffers.Of<TokenRange>("ranges", parts),
                _device.Buffers.Of<int>("starts", starts),
                Words,
                Scales,
                _device.Buffers.Of<float>("query", queries),
                _device.Buffers.Of<float>("weights", weights),
                _device.Buffers.Of<float>("logarithms", logarithms),
                scores
            );
            return _device.Buffers.Read(scores);
        });

    /// <inheritdoc/>
    public float[]? Multiply(TokenRange[] ranges, float[] queries) =>
        _device.TryScan(() =>
        {
            var (parts, starts) = Split(ranges);
            var tokens = ranges.Sum(range => range.Count);
            var products = _device.Buffers.Of<float>("scores", tokens * (queries.Length / _dimensions));
            _device.Accelerator.Launch(
                _format == KeyFormat.Half ? KeyKernels.Multiply<HalfNumbers> : KeyKernels.Multiply<CodeNumbers>,
                _device.Groups(parts.Length),
                _device.Buffers.Of<TokenRange>("ranges", parts),
                _device.Buffers.Of<int>("starts", starts),
                Words,
                Scales,
                _device.Buffers.Of<float>("query", queries),
                _dimensions,
                products
            );
            return _device.Buffers.Read(products);
        });

    /// <inheritdoc/>
    public SpanAttentionOutput? Attend(SpanAttentionInput input) => GpuSpanAttention.Attend(_device, input);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _device.Release(DeviceContents.Keys, _bytes, _codes, _scales);
        }
    }

    private static int CodeBytes(KeyPlane plane) =>
        plane.Dimensions * (plane.Format == KeyFormat.Half ? sizeof(ushort) : sizeof(sbyte));

    /// <summary>Ranges that a group takes, and where each begins among all tokens.</summary>
    private static (TokenRange[] Parts, int[] Starts) Split(TokenRange[] ranges)
    {
        var parts = new List<TokenRange>();
        var starts = new List<int>();
        var start = 0;
        foreach (var range in ranges)
        {
            for (var first = 0; first < range.Count; first += KeyKernels.RangeTokens)
            {
                parts.Add(new TokenRange(range.First + first, Math.Min(KeyKernels.RangeTokens, range.Count - first)));
                starts.Add(start + first);
            }

            start += range.Count;
        }

        return (parts.ToArray(), starts.ToArray());
    }

    /// <summary>The sums of all parts, <c>[parts, count]</c>, under their common largest products.</summary>
    private static (float[] Largest, float[] Sums) Merge(float[] largest, float[] sums, int count)
    {
        var top = new float[count];
        Array.Fill(top, float.NegativeInfinity);
        for (var i = 0; i < largest.Length; i++)
        {
            top[i % count] = MathF.Max(top[i % count], largest[i]);
        }

        var totals = new double[count];
        for (var i = 0; i < sums.Length; i++)
        {
            totals[i % count] += sums[i] * Math.Exp(largest[i] - top[i % count]);
        }

        return (top, Array.ConvertAll(totals, total => (float)total));
    }
}
