using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu;

/// <summary>
/// A device: its memory, one scan at a time, and what became of it. A device that fails once is left alone from then on.
/// Thread-safe.
/// </summary>
internal sealed class GpuDevice : IDisposable
{
    /// <summary>The share of the memory that planes may take; the rest is for buffers and other programs.</summary>
    private const double HeldShare = 0.8;

    private readonly Accelerator _accelerator;
    private readonly Action<string> _warn;
    private readonly Lock _lock = new();
    private readonly List<MemoryBuffer> _copied = [];
    private readonly long _opened = Stopwatch.GetTimestamp();
    private readonly long _capacity;
    private long _embeddings;
    private long _keys;
    private long _scans;
    private TimeSpan _time;
    private volatile string? _failure;
    private volatile bool _isCopying;
    private bool _isFull;
    private bool _disposed;

    /// <summary>Takes an accelerator.</summary>
    /// <param name="name">As settings name it.</param>
    /// <param name="accelerator">Owned from now on.</param>
    /// <param name="warn">Is told once why the device is given up.</param>
    /// <param name="capacity">Bytes that planes may take; <see langword="null"/>: a share of the memory.</param>
    public GpuDevice(string name, Accelerator accelerator, Action<string> warn, long? capacity = null)
    {
        Name = name;
        _accelerator = accelerator;
        Buffers = new DeviceBuffers(accelerator);
        _warn = warn;
        _capacity = capacity ?? (long)(accelerator.MemorySize * HeldShare);
    }

    /// <summary>As settings name it.</summary>
    public string Name { get; }

    /// <summary>Launches kernels, which are compiled the first time.</summary>
    public Accelerator Accelerator => _accelerator;

    /// <summary>The buffers of scans.</summary>
    public DeviceBuffers Buffers { get; }

    /// <summary>Bytes of the planes that are held.</summary>
    public long Planes
    {
        get
        {
            lock (_lock)
            {
                return Held;
            }
        }
    }

    /// <summary>Bytes that may still be held; none on a device that has failed.</summary>
    public long Room
    {
        get
        {
            lock (_lock)
            {
                return _failure is null && !_disposed ? _capacity - Held : 0;
            }
        }
    }

    public DeviceStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new DeviceStatus(
                    Name,
                    _accelerator.Name,
                    _accelerator.MemorySize,
                    _embeddings,
                    _keys,
                    Buffers.Bytes,
                    _scans,
                    _time,
                    Stopwatch.GetElapsedTime(_opened),
                    _failure
                );
            }
        }
    }

    /// <summary>Whether it computes now: it was not given up, and does not copy.</summary>
    public bool IsUsable => _failure is null && !_isCopying;

    private long Held => _embeddings + _keys;

    /// <summary>A launch of groups of one warp each.</summary>
    public KernelConfig Groups(int count) => new(count, _accelerator.WarpSize);

    /// <summary>Copies a plane into memory of the device, piece by piece.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="itemBytes">Bytes of an item.</param>
    /// <param name="read">Reads items.</param>
    public MemoryBuffer1D<byte, Stride1D.Dense> Copy(int items, int itemBytes, PlaneReader read)
    {
        const int PieceBytes = 16 << 20;
        var buffer = _accelerator.Allocate1D<byte>(Math.Max(1, (long)items * itemBytes));
        _copied.Add(buffer);
        var piece = Math.Max(1, PieceBytes / itemBytes);
        for (var first = 0; first < items; first += piece)
        {
            var bytes = read(first, Math.Min(piece, items - first));
            buffer.View.SubView((long)first * itemBytes, bytes.Length).CopyFromCPU(_accelerator.DefaultStream, bytes);
        }

        return buffer;
    }

    /// <summary>The items of a plane.</summary>
    public static ArrayView<T> View<T>(MemoryBuffer buffer)
        where T : unmanaged => buffer.AsRawArrayView().Cast<T>();

    /// <summary>
    /// Takes room and copies planes into it; <see langword="null"/> where there is no room, or the device fails.
    /// </summary>
    /// <param name="contents">The contents of the planes.</param>
    /// <param name="bytes">Bytes of the planes.</param>
    /// <param name="copy">Copies them.</param>
    public T? Hold<T>(DeviceContents contents, long bytes, Func<GpuDevice, T> copy)
        where T : class
    {
        lock (_lock)
        {
            if (_disposed || _failure is not null)
            {
                return null;
            }

            if (bytes > _capacity - Held)
            {
                WarnOfRoom();
                return null;
            }

            _isCopying = true;
            try
            {
                var held = copy(this);
                Count(contents, bytes);
                _copied.Clear();
                return held;
            }
            catch (AcceleratorException error) when (IsOutOfMemory(error))
            {
                WarnOfRoom();
                return null;
            }
            catch (Exception error) when (IsOfDevice(error))
            {
                GiveUp(error);
                return null;
            }
            finally
            {
                _isCopying = false;
                // Nothing is left here but what belongs to a copy that failed.
                _copied.ForEach(Free);
                _copied.Clear();
            }
        }
    }

    /// <summary>Gives room back.</summary>
    public void Release(DeviceContents contents, long bytes, params ReadOnlySpan<MemoryBuffer> planes)
    {
        lock (_lock)
        {
            Count(contents, -bytes);
            if (!_disposed)
            {
                foreach (var plane in planes)
                {
                    Free(plane);
                }
            }
        }
    }

    /// <summary>
    /// Runs a scan, none other beside it; <see langword="null"/> where the device fails, has failed before, or is taking
    /// a copy.
    /// </summary>
    public T? TryScan<T>(Func<T> scan)
    {
        if (_isCopying)
        {
            return default;
        }

        lock (_lock)
        {
            if (_failure is not null || _disposed)
            {
                return default;
            }

            var start = Stopwatch.GetTimestamp();
            try
            {
                var result = scan();
                _scans++;
                _time += Stopwatch.GetElapsedTime(start);
                return result;
            }
            catch (AcceleratorException error) when (IsOutOfMemory(error))
            {
                WarnOfRoom();
                return default;
            }
            catch (Exception error) when (IsOfDevice(error))
            {
                GiveUp(error);
                return default;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (var buffer in Buffers.TakeAll())
            {
                Free(buffer);
            }

            Free(_accelerator);
        }
    }

    /// <summary>Whether an exception tells that the device or its driver fails, not this program.</summary>
    public static bool IsOfDevice(Exception error) =>
        error is AcceleratorException or InternalCompilerException or NotSupportedException or DllNotFoundException;

    private static bool IsOutOfMemory(Exception error) =>
        error is ILGPU.Runtime.Cuda.CudaException { Error: var code }
        && code.Contains("OUT_OF_MEMORY", StringComparison.OrdinalIgnoreCase);

    /// <summary>Frees what a device has; a lost device answers that with its failure, too.</summary>
    private static void Free(IDisposable held)
    {
        try
        {
            held.Dispose();
        }
        catch (AcceleratorException)
        {
            // Lost with the device.
        }
    }

    private void Count(DeviceContents contents, long bytes)
    {
        ref var held = ref contents == DeviceContents.Embeddings ? ref _embeddings : ref _keys;
        held += bytes;
    }

    /// <summary>Says once that not everything fits.</summary>
    private void WarnOfRoom()
    {
        if (!_isFull)
        {
            _isFull = true;
            _warn(
                $"The device {Name} ({_accelerator.Name}) has no room left: it holds {Held >> 20} of "
                    + $"{_accelerator.MemorySize >> 20} MiB. The processor computes what does not fit."
            );
        }
    }

    private void GiveUp(Exception error)
    {
        _failure = error.Message;
        _warn($"The device {Name} ({_accelerator.Name}) failed: {error.Message} The processor computes instead.");
    }
}
