using McpLongContext.Kernels.Devices;

namespace McpLongContext.Context.Datastores;

/// <summary>
/// The devices beside the processor that the settings ask for. They are opened with the first datastore, and given up after
/// the last one is closed.
/// </summary>
/// <param name="open">Opens them; <see langword="null"/>: none is asked for, or none is there.</param>
public sealed class SearchDevices(Func<ISearchDevices?> open) : IDisposable
{
    private readonly Lazy<ISearchDevices?> _devices = new(open);

    /// <summary>The devices and how much they hold; none as long as no datastore was opened.</summary>
    public IReadOnlyList<DeviceStatus> Status =>
        _devices is { IsValueCreated: true, Value: { } devices } ? devices.Status : [];

    /// <summary>The devices; <see langword="null"/>: the processor computes everything.</summary>
    internal ISearchDevices? Open() => _devices.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_devices.IsValueCreated)
        {
            _devices.Value?.Dispose();
        }
    }
}
