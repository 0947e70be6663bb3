using ILGPU;
using ILGPU.Runtime;

namespace McpLongContext.Kernels.Gpu;

/// <summary>The buffers of a device's scans, which grow where they must. For one scan at a time.</summary>
/// <param name="accelerator">The device.</param>
internal sealed class DeviceBuffers(Accelerator accelerator)
{
    private readonly Dictionary<string, MemoryBuffer> _buffers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Array> _constants = new(StringComparer.Ordinal);

    /// <summary>Bytes of all of them.</summary>
    public long Bytes => _buffers.Values.Sum(buffer => buffer.LengthInBytes);

    /// <summary>A buffer for a scan, with these contents; valid until the next one of that name.</summary>
    public ArrayView<T> Of<T>(string name, ReadOnlySpan<T> contents)
        where T : unmanaged
    {
        var view = Of<T>(name, contents.Length);
        view.CopyFromCPU(accelerator.DefaultStream, contents);
        return view;
    }

    /// <summary>A buffer for a scan, with any contents; valid until the next one of that name.</summary>
    public ArrayView<T> Of<T>(string name, int length)
        where T : unmanaged
    {
        var bytes = (long)length * Interop.SizeOf<T>();
        if (!_buffers.TryGetValue(name, out var buffer) || buffer.LengthInBytes < bytes)
        {
            buffer?.Dispose();
            _buffers.Remove(name);
            _constants.Remove(name);
            buffer = accelerator.Allocate1D<byte>(Math.Max(4096, bytes + (bytes / 2)) / 8 * 8);
            _buffers.Add(name, buffer);
        }

        return buffer.AsRawArrayView(0, bytes).Cast<T>();
    }

    /// <summary>A buffer with contents that stay as they are: copied once for each array.</summary>
    public ArrayView<T> Constant<T>(string name, T[] contents)
        where T : unmanaged
    {
        if (_constants.GetValueOrDefault(name) == contents)
        {
            return Of<T>(name, contents.Length);
        }

        var view = Of<T>(name, contents);
        _constants[name] = contents;
        return view;
    }

    /// <summary>Copies a buffer back, once the device is done.</summary>
    public T[] Read<T>(ArrayView<T> view)
        where T : unmanaged
    {
        var contents = new T[view.Length];
        view.CopyToCPU(accelerator.DefaultStream, contents.AsSpan());
        return contents;
    }

    /// <summary>Gives all of them up to be freed.</summary>
    public IReadOnlyList<IDisposable> TakeAll()
    {
        IDisposable[] all = [.. _buffers.Values];
        _buffers.Clear();
        _constants.Clear();
        return all;
    }
}
