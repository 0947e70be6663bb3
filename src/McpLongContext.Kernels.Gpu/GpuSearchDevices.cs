using ILGPU;
using ILGPU.Runtime.Cuda;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu;

/// <summary>CUDA devices, by ILGPU: kernels are compiled to PTX in this process and need the driver alone.</summary>
public sealed class GpuSearchDevices : ISearchDevices
{
    /// <summary>The start of the names of CUDA devices, before the number.</summary>
    public const string Prefix = "cuda:";

    private const int DimensionsStep = 64;
    private const int KeyDimensionsStep = 4;

    private readonly Context _context;
    private readonly GpuDevice[] _devices;
    private readonly GpuDevice[] _index;
    private readonly GpuDevice? _keys;

    /// <summary>Takes devices.</summary>
    internal GpuSearchDevices(Context context, IReadOnlyList<GpuDevice> index, GpuDevice? keys)
    {
        _context = context;
        _index = [.. index];
        _keys = keys;
        _devices = [.. index.Append(keys).OfType<GpuDevice>().Distinct()];
    }

    /// <inheritdoc/>
    public IReadOnlyList<DeviceStatus> Status => [.. _devices.Select(device => device.Status)];

    /// <summary>
    /// Opens devices; <see langword="null"/> where there is none of them, which <paramref name="warn"/> is told with the
    /// reason.
    /// </summary>
    /// <param name="index">The devices that hold and scan embeddings: <c>cuda:0</c>, <c>cuda:1</c>.</param>
    /// <param name="keys">The device that holds and scans a decoder's keys; <see langword="null"/>: none.</param>
    /// <param name="warn">Is told, once for each, which device is not used and why.</param>
    public static GpuSearchDevices? Open(IReadOnlyList<string> index, string? keys, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(warn);
        Context? context = null;
        var open = new Dictionary<string, GpuDevice?>(StringComparer.Ordinal);
        try
        {
            context = Context.Create(builder => builder.Cuda().EnableAlgorithms());
            var found = context.GetCudaDevices();
            foreach (var name in index.Append(keys).OfType<string>().Distinct(StringComparer.Ordinal))
            {
                open[name] = OpenDevice(context, found, name, warn);
            }

            var devices = new GpuSearchDevices(
                context,
                [.. index.Select(name => open[name]).OfType<GpuDevice>()],
                keys is null ? null : open[keys]
            );
            if (devices._devices.Length > 0)
            {
                return devices;
            }

            context.Dispose();
            return null;
        }
        catch (Exception error) when (GpuDevice.IsOfDevice(error) || error is TypeInitializationException)
        {
            warn($"No CUDA device can be used: {error.Message} The processor computes instead.");
            context?.Dispose();
            return null;
        }
    }

    /// <summary>The CUDA devices of this machine, none opened; where there are none, why.</summary>
    public static (IReadOnlyList<FoundDevice> Devices, string Reason) Find()
    {
        try
        {
            using var context = Context.Create(builder => builder.Cuda());
            var devices = new List<FoundDevice>();
            foreach (var device in context.GetCudaDevices())
            {
                devices.Add(new FoundDevice($"{Prefix}{devices.Count}", device.Name, device.MemorySize));
            }

            return (devices, "no CUDA device was found");
        }
        catch (Exception error) when (GpuDevice.IsOfDevice(error) || error is TypeInitializationException)
        {
            return ([], error.Message);
        }
    }

    /// <inheritdoc/>
    public IDeviceEmbeddings? Hold(EmbeddingPlanes planes)
    {
        ArgumentNullException.ThrowIfNull(planes);
        return
            planes.Tokens > 0 && planes.Dimensions % DimensionsStep == 0 && _index.MaxBy(one => one.Room) is { } device
            ? GpuEmbeddings.Hold(device, planes)
            : null;
    }

    /// <inheritdoc/>
    public IDeviceKeys? Hold(KeyPlane plane)
    {
        ArgumentNullException.ThrowIfNull(plane);
        return plane.Tokens > 0 && plane.Dimensions % KeyDimensionsStep == 0 && _keys is not null
            ? GpuKeys.Hold(_keys, plane)
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var device in _devices)
        {
            device.Dispose();
        }

        _context.Dispose();
    }

    private static GpuDevice? OpenDevice(
        Context context,
        Context.DeviceCollection<CudaDevice> found,
        string name,
        Action<string> warn
    )
    {
        if (
            !name.StartsWith(Prefix, StringComparison.Ordinal)
            || !int.TryParse(name.AsSpan(Prefix.Length), out var number)
            || number < 0
            || number >= found.Count
        )
        {
            warn(
                found.Count == 0
                    ? $"{name} is not used: no CUDA device was found. Install NVIDIA's driver, or leave the setting out. "
                        + "The processor computes instead."
                    : $"{name} is not used: there are the devices {Prefix}0 to {Prefix}{found.Count - 1}. "
                        + "The processor computes instead."
            );
            return null;
        }

        try
        {
            return new GpuDevice(name, found[number].CreateCudaAccelerator(context), warn);
        }
        catch (Exception error) when (GpuDevice.IsOfDevice(error))
        {
            warn($"{name} is not used: {error.Message} The processor computes instead.");
            return null;
        }
    }
}
