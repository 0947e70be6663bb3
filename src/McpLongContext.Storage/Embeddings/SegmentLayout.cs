using System.Buffers.Binary;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// Where everything stands in the body of a segment file. All numbers are little-endian; sections begin at multiples of
/// 64. The directory is that of every kind of segment; what follows it is the kind's own.
/// <code>
/// header      64 bytes: magic, version, kind, dimensions, runs, passages, tokens, the kind's own
/// runs        48 bytes each: content key, first ordinal, passages, first slot, zero
/// offsets     int32 each, passages + 1 of them: the first token of each passage; the last is the number of tokens
/// </code>
/// A slot is the place of one passage's tokens in a segment; a run is a contiguous part of one content's passages.
/// </summary>
/// <param name="Precision">The kind, and how exactly it keeps tokens.</param>
/// <param name="Dimensions">The width of a token's vectors.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Passages">The number of slots.</param>
/// <param name="Tokens">The number of tokens.</param>
internal abstract record SegmentLayout(EmbeddingPrecision Precision, int Dimensions, int Runs, int Passages, int Tokens)
{
    public const int HeaderBytes = 64;
    public const int RunBytes = ContentKey.Size + 16;

    /// <summary>The eight bytes that a file of the kind begins with.</summary>
    public abstract ReadOnlySpan<byte> Magic { get; }

    /// <summary>The version of the kind's format that this program reads and writes.</summary>
    public abstract int Version { get; }

    public long OffsetsAt => SegmentPages.Align(HeaderBytes + ((long)Runs * RunBytes));

    /// <summary>Where the directory ends and the kind's own sections begin.</summary>
    public long DirectoryEnd => SegmentPages.Align(OffsetsAt + ((Passages + 1L) * sizeof(int)));

    public abstract long BodyBytes { get; }

    public long FileBytes => SegmentPages.FileBytes(BodyBytes);

    /// <summary>Appends the header and the runs, the first sections of every segment.</summary>
    public void WriteDirectory(SegmentFile file, IReadOnlyList<SegmentRun> runs)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], (int)Precision);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], Dimensions);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], Runs);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], Passages);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], Tokens);
        WriteOwnHeader(header[32..]);
        file.Append(header);
        Span<byte> run = stackalloc byte[RunBytes];
        foreach (var entry in runs)
        {
            entry.Write(run);
            file.Append(run);
        }
    }

    /// <summary>Writes what only this kind has into the rest of the header, which is zero.</summary>
    protected virtual void WriteOwnHeader(Span<byte> rest) { }

    /// <summary>Reads what the header of a segment of an encoder says in every kind.</summary>
    /// <exception cref="DatastoreException">The file is no segment, a newer one, or one of another encoder.</exception>
    protected static (int Runs, int Passages, int Tokens) ReadHeader(
        ReadOnlySpan<byte> header,
        int expected,
        EmbeddingProfile encoder,
        string path
    )
    {
        var version = Number(header, 8);
        if (version > expected)
        {
            throw new DatastoreException(
                $"The segment '{path}' has format {version}; this program reads up to {expected}. Update the program."
            );
        }

        if (version > 0 && version < expected)
        {
            throw new DatastoreCorruptException(
                $"The segment '{path}' has format {version}, which is no longer read. Verify the datastore with repair: "
                    + "its contents are dropped and computed again."
            );
        }

        var (runs, passages, tokens) = (Number(header, 20), Number(header, 24), Number(header, 28));
        return
            version < 1
            || Number(header, 12) != (int)encoder.Precision
            || Number(header, 16) != encoder.Dimensions
            || (runs | passages | tokens) < 0
            ? throw new DatastoreCorruptException($"The header of the segment '{path}' is not that of its encoder.")
            : (runs, passages, tokens);
    }

    protected static int Number(ReadOnlySpan<byte> header, int at) =>
        BinaryPrimitives.ReadInt32LittleEndian(header[at..]);
}

/// <summary>A contiguous part of a content's passages in a segment.</summary>
/// <param name="Content">The content.</param>
/// <param name="FirstOrdinal">The first passage, counted from 0 within the content.</param>
/// <param name="Passages">The number of passages.</param>
/// <param name="FirstSlot">The slot of the first passage.</param>
internal readonly record struct SegmentRun(ContentKey Content, int FirstOrdinal, int Passages, int FirstSlot)
{
    public void Write(Span<byte> destination)
    {
        destination[..SegmentLayout.RunBytes].Clear();
        Content.CopyTo(destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination[ContentKey.Size..], FirstOrdinal);
        BinaryPrimitives.WriteInt32LittleEndian(destination[(ContentKey.Size + 4)..], Passages);
        BinaryPrimitives.WriteInt32LittleEndian(destination[(ContentKey.Size + 8)..], FirstSlot);
    }

    public static SegmentRun Read(ReadOnlySpan<byte> source) =>
        new(
            new ContentKey(source[..ContentKey.Size]),
            BinaryPrimitives.ReadInt32LittleEndian(source[ContentKey.Size..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[(ContentKey.Size + 4)..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[(ContentKey.Size + 8)..])
        );
}
