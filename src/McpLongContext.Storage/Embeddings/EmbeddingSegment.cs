using System.Runtime.InteropServices;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Storage.Embeddings;

/// <summary>A mapped segment of token embeddings.</summary>
internal sealed class EmbeddingSegment : SegmentReader
{
    private readonly DeviceCopy<IDeviceEmbeddings>? _copy;

    private EmbeddingSegment(
        SegmentPages pages,
        EmbeddingSegmentLayout layout,
        EmbeddingProfile encoder,
        ISearchDevices? devices
    )
        : base(pages, layout, encoder)
    {
        Layout = layout;
        Embeddings = new TokenEmbeddingCodec(encoder);
        Vectors = new PassageEmbeddingCodec(encoder);
        _copy = devices is null ? null : new DeviceCopy<IDeviceEmbeddings>(() => devices.Hold(Planes()));
    }

    public new EmbeddingSegmentLayout Layout { get; }

    /// <summary>Restores token embeddings.</summary>
    public TokenEmbeddingCodec Embeddings { get; }

    /// <summary>Restores the vectors of passages.</summary>
    public PassageEmbeddingCodec Vectors { get; }

    /// <summary>Whether there are devices that may hold the embeddings.</summary>
    public bool HasDevice => _copy is not null;

    /// <summary>The embeddings in the memory of a device; <see langword="null"/>: none has them.</summary>
    public IDeviceEmbeddings? OnDevice => _copy?.Held;

    /// <summary>Maps a segment of the encoder and verifies its directory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public static EmbeddingSegment Open(string path, EmbeddingProfile encoder, ISearchDevices? devices)
    {
        var pages = SegmentPages.Open(path, EmbeddingSegmentLayout.FileMagic);
        try
        {
            var header = pages.Header(SegmentLayout.HeaderBytes);
            var layout = EmbeddingSegmentLayout.ReadHeader(header, encoder, path);
            return new EmbeddingSegment(pages, layout, encoder, devices);
        }
        catch
        {
            pages.Dispose();
            throw;
        }
    }

    /// <summary>The scales of pooled vectors, <c>[slots]</c>.</summary>
    public ReadOnlySpan<float> Scales(int slot, int slots) =>
        MemoryMarshal.Cast<byte, float>(Read(Layout.ScalesAt + ((long)slot * sizeof(float)), slots * sizeof(float)));

    /// <summary>The codes of pooled vectors, <c>[slots, pooled bytes]</c>.</summary>
    public ReadOnlySpan<byte> Pooled(int slot, int slots) =>
        Read(Layout.PooledAt + ((long)slot * Layout.PooledBytes), slots * Layout.PooledBytes);

    /// <summary>The binary codes of tokens, <c>[tokens, dimensions / 8]</c>.</summary>
    public ReadOnlySpan<byte> BinaryCodesOf(int token, int tokens) =>
        Read(Layout.BinaryCodesAt + ((long)token * Layout.BinaryCodeBytes), tokens * Layout.BinaryCodeBytes);

    /// <summary>The refinement plane of tokens, <c>[tokens, refinement bytes]</c>.</summary>
    public ReadOnlySpan<byte> ResidualCodes(int token, int tokens) =>
        Read(Layout.ResidualCodesAt + ((long)token * Layout.ResidualCodeBytes), tokens * Layout.ResidualCodeBytes);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _copy?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override IEnumerable<(long First, long Bytes)> Sections(int slot, int slots, int token, int tokens)
    {
        yield return Part(Layout.ScalesAt, slot, slots, sizeof(float));
        yield return Part(Layout.PooledAt, slot, slots, Layout.PooledBytes);
        yield return Part(Layout.BinaryCodesAt, token, tokens, Layout.BinaryCodeBytes);
        yield return Part(Layout.ResidualCodesAt, token, tokens, Layout.ResidualCodeBytes);

        static (long First, long Bytes) Part(long section, long first, long count, int width) =>
            (section + (first * width), count * width);
    }

    private EmbeddingPlanes Planes() =>
        new()
        {
            Dimensions = Layout.Dimensions,
            Offsets = Offsets(0, Layout.Passages).ToArray(),
            PassageScales = Scales(0, Layout.Passages).ToArray(),
            PassageCodes = Pooled,
            PassageLevels = PassageEmbeddingCodec.Levels,
            BinaryCodes = BinaryCodesOf,
            ResidualCodes = ResidualCodes,
            TokenLevels = TokenEmbeddingCodec.Levels,
            TokenScales = ScaleCode.Scales,
        };
}
