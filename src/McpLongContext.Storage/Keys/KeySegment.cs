using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using McpLongContext.Kernels.Devices;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Keys;

/// <summary>A mapped segment of keys.</summary>
internal sealed class KeySegment : SegmentReader
{
    private readonly ISearchDevices? _devices;
    private readonly ConcurrentDictionary<int, DeviceCopy<IDeviceKeys>> _copies = [];

    private KeySegment(SegmentPages pages, KeySegmentLayout layout, EmbeddingProfile encoder, ISearchDevices? devices)
        : base(pages, layout, encoder)
    {
        Layout = layout;
        _devices = devices;
    }

    public new KeySegmentLayout Layout { get; }

    /// <summary>Maps a segment of the encoder and verifies its directory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public static KeySegment Open(string path, EmbeddingProfile encoder, ISearchDevices? devices)
    {
        var pages = SegmentPages.Open(path, KeySegmentLayout.FileMagic);
        try
        {
            var header = pages.Header(SegmentLayout.HeaderBytes);
            return new KeySegment(pages, KeySegmentLayout.ReadHeader(header, encoder, path), encoder, devices);
        }
        catch
        {
            pages.Dispose();
            throw;
        }
    }

    /// <summary>A plane in the memory of a device that computes; <see langword="null"/>: none has it.</summary>
    public IDeviceKeys? OnDevice(int plane) =>
        _devices is { } devices
        && _copies.GetOrAdd(plane, one => new DeviceCopy<IDeviceKeys>(() => devices.Hold(Plane(one)))).Held
            is { IsUsable: true } keys
            ? keys
            : null;

    /// <summary>Tokens, <c>[count]</c>.</summary>
    public ReadOnlySpan<int> Ids(int token, int count) =>
        MemoryMarshal.Cast<byte, int>(Read(Layout.IdAt(token), count * sizeof(int)));

    /// <summary>Scales of a plane, <c>[count]</c>.</summary>
    public ReadOnlySpan<float> Scales(int plane, int token, int count) =>
        MemoryMarshal.Cast<byte, float>(Read(Layout.ScaleAt(plane, token), count * sizeof(float)));

    /// <summary>Codes of a plane, <c>[count, dimensions]</c>.</summary>
    public ReadOnlySpan<sbyte> Codes(int plane, int token, int count) =>
        MemoryMarshal.Cast<byte, sbyte>(Read(Layout.CodeAt(plane, token), count * Layout.Dimensions));

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var copy in _copies.Values)
        {
            copy.Dispose();
        }

        base.Dispose();
    }

    /// <inheritdoc/>
    protected override IEnumerable<(long First, long Bytes)> Sections(int slot, int slots, int token, int tokens)
    {
        yield return (Layout.IdAt(token), (long)tokens * sizeof(int));
        for (var plane = 0; plane < Layout.Shape.Planes; plane++)
        {
            yield return (Layout.ScaleAt(plane, token), (long)tokens * sizeof(float));
            yield return (Layout.CodeAt(plane, token), (long)tokens * Layout.Dimensions);
        }
    }

    private KeyPlane Plane(int plane) =>
        new()
        {
            Tokens = Layout.Tokens,
            Dimensions = Layout.Dimensions,
            Codes = (first, count) => MemoryMarshal.AsBytes(Codes(plane, first, count)),
            Scales = (first, count) => MemoryMarshal.AsBytes(Scales(plane, first, count)),
        };
}
