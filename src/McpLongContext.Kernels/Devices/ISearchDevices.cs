namespace McpLongContext.Kernels.Devices;

/// <summary>
/// Processors beside this one that keep planes of codes in memory of their own and scan them there. A device that has no
/// room, or that is lost, holds nothing: whoever asks computes here instead. Thread-safe.
/// </summary>
public interface ISearchDevices : IDisposable
{
    /// <summary>The devices, and how much they hold.</summary>
    public IReadOnlyList<DeviceStatus> Status { get; }

    /// <summary>Copies the embeddings of a segment to the device that has most room; <see langword="null"/>: to none.
    /// </summary>
    /// <param name="planes">The embeddings.</param>
    public IDeviceEmbeddings? Hold(EmbeddingPlanes planes);

    /// <summary>Copies the keys of a block to the device of keys; <see langword="null"/>: there is none, or no room.
    /// </summary>
    /// <param name="plane">The keys.</param>
    public IDeviceKeys? Hold(KeyPlane plane);
}
