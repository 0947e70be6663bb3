using System.Runtime.InteropServices;

namespace McpLongContext.Storage.States;

/// <summary>A mapped segment of hidden states.</summary>
internal sealed class StateSegment : SegmentReader
{
    private StateSegment(SegmentPages pages, StateSegmentLayout layout, EncoderProfile encoder)
        : base(pages, layout, encoder)
    {
        Layout = layout;
        States = new StateCodec(encoder);
        Vectors = new VectorCodec(encoder);
    }

    public new StateSegmentLayout Layout { get; }

    /// <summary>Restores token states.</summary>
    public StateCodec States { get; }

    /// <summary>Restores the vectors of passages.</summary>
    public VectorCodec Vectors { get; }

    /// <summary>Maps a segment of the encoder and verifies its directory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public static StateSegment Open(string path, EncoderProfile encoder)
    {
        var pages = SegmentPages.Open(path, StateSegmentLayout.FileMagic);
        try
        {
            var header = pages.Header(SegmentLayout.HeaderBytes);
            return new StateSegment(pages, StateSegmentLayout.ReadHeader(header, encoder, path), encoder);
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

    /// <summary>The sign plane of tokens, <c>[tokens, dimensions / 8]</c>.</summary>
    public ReadOnlySpan<byte> Signs(int token, int tokens) =>
        Read(Layout.SignsAt + ((long)token * Layout.SignBytes), tokens * Layout.SignBytes);

    /// <summary>The refinement plane of tokens, <c>[tokens, refinement bytes]</c>.</summary>
    public ReadOnlySpan<byte> Refinement(int token, int tokens) =>
        Read(Layout.RefinementAt + ((long)token * Layout.RefinementBytes), tokens * Layout.RefinementBytes);

    /// <inheritdoc/>
    protected override IEnumerable<(long First, long Bytes)> Sections(int slot, int slots, int token, int tokens)
    {
        yield return Part(Layout.ScalesAt, slot, slots, sizeof(float));
        yield return Part(Layout.PooledAt, slot, slots, Layout.PooledBytes);
        yield return Part(Layout.SignsAt, token, tokens, Layout.SignBytes);
        yield return Part(Layout.RefinementAt, token, tokens, Layout.RefinementBytes);

        static (long First, long Bytes) Part(long section, long first, long count, int width) =>
            (section + (first * width), count * width);
    }
}
