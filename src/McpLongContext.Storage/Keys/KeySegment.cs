using System.Runtime.InteropServices;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Keys;

/// <summary>A mapped segment of keys.</summary>
internal sealed class KeySegment : SegmentReader
{
    private KeySegment(SegmentPages pages, KeySegmentLayout layout, EmbeddingProfile encoder)
        : base(pages, layout, encoder) => Layout = layout;

    public new KeySegmentLayout Layout { get; }

    /// <summary>Maps a segment of the encoder and verifies its directory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public static KeySegment Open(string path, EmbeddingProfile encoder)
    {
        var pages = SegmentPages.Open(path, KeySegmentLayout.FileMagic);
        try
        {
            var header = pages.Header(SegmentLayout.HeaderBytes);
            return new KeySegment(pages, KeySegmentLayout.ReadHeader(header, encoder, path), encoder);
        }
        catch
        {
            pages.Dispose();
            throw;
        }
    }

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
    protected override IEnumerable<(long First, long Bytes)> Sections(int slot, int slots, int token, int tokens)
    {
        yield return (Layout.IdAt(token), (long)tokens * sizeof(int));
        for (var plane = 0; plane < Layout.Shape.Planes; plane++)
        {
            yield return (Layout.ScaleAt(plane, token), (long)tokens * sizeof(float));
            yield return (Layout.CodeAt(plane, token), (long)tokens * Layout.Dimensions);
        }
    }
}
