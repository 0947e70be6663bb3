using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu;

/// <summary>The embeddings of a segment in the memory of a device.</summary>
internal sealed class GpuEmbeddings : IDeviceEmbeddings
{
    private readonly GpuDevice _device;
    private readonly long _bytes;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _passageCodes;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _passageScales;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _offsets;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _binaryCodes;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _residualCodes;
    private readonly float[] _passageLevels;
    private readonly float[] _tokenLevels;
    private readonly float[] _tokenScales;
    private bool _disposed;

    private GpuEmbeddings(GpuDevice device, EmbeddingPlanes planes, long bytes)
    {
        _device = device;
        _bytes = bytes;
        (_passageLevels, _tokenLevels, _tokenScales) = (planes.PassageLevels, planes.TokenLevels, planes.TokenScales);
        var codeBytes = planes.Dimensions / 8;
        _passageCodes = device.Copy(planes.Passages, 3 * codeBytes, planes.PassageCodes);
        _passageScales = device.Copy(planes.Passages, sizeof(float), Bytes(planes.PassageScales));
        _offsets = device.Copy(planes.Offsets.Length, sizeof(int), Bytes(planes.Offsets));
        _binaryCodes = device.Copy(planes.Tokens, codeBytes, planes.BinaryCodes);
        _residualCodes = device.Copy(planes.Tokens, codeBytes + 1, planes.ResidualCodes);
    }

    /// <summary>Copies the planes of a segment; <see langword="null"/> where the device has no room.</summary>
    public static GpuEmbeddings? Hold(GpuDevice device, EmbeddingPlanes planes)
    {
        var bytes = BytesOf(planes);
        return device.Hold(DeviceContents.Embeddings, bytes, target => new GpuEmbeddings(target, planes, bytes));
    }

    /// <summary>Bytes of the planes of a segment.</summary>
    public static long BytesOf(EmbeddingPlanes planes)
    {
        var codeBytes = planes.Dimensions / 8;
        return (long)planes.Passages * ((3 * codeBytes) + sizeof(float) + sizeof(int))
            + ((long)planes.Tokens * ((2 * codeBytes) + 1));
    }

    /// <inheritdoc/>
    public float[]? ScorePassages(int[] passages, float[] query) =>
        Scan(
            passages,
            (groups, slots, scores) =>
                _device.Accelerator.Launch(
                    EmbeddingKernels.ScorePassages,
                    groups,
                    slots,
                    GpuDevice.View<byte>(_passageCodes),
                    GpuDevice.View<float>(_passageScales),
                    _device.Buffers.Of<float>("levels", _passageLevels),
                    _device.Buffers.Of<float>("query", query),
                    scores
                )
        );

    /// <inheritdoc/>
    public float[]? ScoreBinaryCodes(int[] passages, byte[] queries, float[] weights) =>
        Scan(
            passages,
            (groups, slots, scores) =>
                _device.Accelerator.Launch(
                    EmbeddingKernels.ScoreBinaryCodes,
                    groups,
                    slots,
                    GpuDevice.View<int>(_offsets),
                    GpuDevice.View<ulong>(_binaryCodes),
                    _device.Buffers.Of<byte>("query", queries).Cast<ulong>(),
                    _device.Buffers.Of<float>("weights", weights),
                    scores
                )
        );

    /// <inheritdoc/>
    public float[]? ScoreResidualCodes(int[] passages, float[] queries, float[] weights) =>
        Scan(
            passages,
            (groups, slots, scores) =>
                _device.Accelerator.Launch(
                    EmbeddingKernels.ScoreResidualCodes,
                    groups,
                    slots,
                    GpuDevice.View<int>(_offsets),
                    GpuDevice.View<byte>(_binaryCodes),
                    GpuDevice.View<byte>(_residualCodes),
                    _device.Buffers.Of<float>("levels", _tokenLevels),
                    _device.Buffers.Of<float>("scales", _tokenScales),
                    _device.Buffers.Of<float>("query", queries),
                    _device.Buffers.Of<float>("weights", weights),
                    scores
                )
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _device.Release(
                DeviceContents.Embeddings,
                _bytes,
                _passageCodes,
                _passageScales,
                _offsets,
                _binaryCodes,
                _residualCodes
            );
        }
    }

    private float[]? Scan(int[] passages, Action<KernelConfig, ArrayView<int>, ArrayView<float>> launch) =>
        passages.Length == 0
            ? []
            : _device.TryScan(() =>
            {
                var scores = _device.Buffers.Of<float>("scores", passages.Length);
                launch(_device.Groups(passages.Length), _device.Buffers.Of<int>("passages", passages), scores);
                return _device.Buffers.Read(scores);
            });

    private static PlaneReader Bytes<T>(T[] items)
        where T : unmanaged => (first, count) => MemoryMarshal.AsBytes(items.AsSpan(first, count));
}
