using System.Buffers.Binary;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Storage.States;

/// <summary>
/// Where everything stands in the body of a segment file. All numbers are little-endian; sections begin at multiples of
/// 64.
/// <code>
/// header      64 bytes: magic, version, precision, dimensions, runs, passages, tokens
/// runs        48 bytes each: content key, first ordinal, passages, first slot, zero
/// offsets     int32 each, passages + 1 of them: the first token of each passage; the last is the number of tokens
/// scales      float32 a passage: of its pooled vector
/// pooled      int8 [passages, dimensions]
/// signs       bits [tokens, dimensions]
/// refinement  [tokens, bytes by precision]
/// </code>
/// A slot is the place of one passage's states in a segment; a run is a contiguous part of one content's passages.
/// </summary>
/// <param name="Precision">How tokens are refined.</param>
/// <param name="Dimensions">The width of a state.</param>
/// <param name="RefinementBytes">Bytes a token in the refinement plane.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Passages">The number of slots.</param>
/// <param name="Tokens">The number of token states.</param>
internal sealed record SegmentLayout(
    StatePrecision Precision,
    int Dimensions,
    int RefinementBytes,
    int Runs,
    int Passages,
    int Tokens
)
{
    public const int Version = 1;
    public const int HeaderBytes = 64;
    public const int RunBytes = ContentKey.Size + 16;

    public static ReadOnlySpan<byte> Magic => "MLCSTATE"u8;

    public int SignBytes => Dimensions / 8;

    public long OffsetsAt => SegmentPages.Align(HeaderBytes + ((long)Runs * RunBytes));

    public long ScalesAt => SegmentPages.Align(OffsetsAt + ((Passages + 1L) * sizeof(int)));

    public long PooledAt => SegmentPages.Align(ScalesAt + ((long)Passages * sizeof(float)));

    public long SignsAt => SegmentPages.Align(PooledAt + ((long)Passages * Dimensions));

    public long RefinementAt => SegmentPages.Align(SignsAt + ((long)Tokens * SignBytes));

    public long BodyBytes => SegmentPages.Align(RefinementAt + ((long)Tokens * RefinementBytes));

    public long FileBytes => SegmentPages.FileBytes(BodyBytes);

    /// <summary>Appends the header and the runs, the first sections of every segment.</summary>
    public void WriteDirectory(SegmentFile file, IReadOnlyList<StateRun> runs)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        WriteHeader(header);
        file.Append(header);
        Span<byte> run = stackalloc byte[RunBytes];
        foreach (StateRun entry in runs)
        {
            entry.Write(run);
            file.Append(run);
        }
    }

    /// <summary>Reads the header of a segment made with <paramref name="codec"/>.</summary>
    /// <exception cref="DatastoreException">It is no segment, a newer one, or one of another encoder.</exception>
    public static SegmentLayout ReadHeader(
        ReadOnlySpan<byte> header,
        StateCodec codec,
        StatePrecision precision,
        string path
    )
    {
        int version = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (version > Version)
        {
            throw new DatastoreException(
                $"The segment '{path}' has format {version}; this program reads up to {Version}. Update the program."
            );
        }

        var layout = new SegmentLayout(
            (StatePrecision)BinaryPrimitives.ReadInt32LittleEndian(header[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[16..]),
            codec.RefinementBytes,
            BinaryPrimitives.ReadInt32LittleEndian(header[20..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[28..])
        );
        if (
            version < 1
            || layout.Precision != precision
            || layout.Dimensions != codec.Dimensions
            || (layout.Runs | layout.Passages | layout.Tokens) < 0
        )
        {
            throw new DatastoreCorruptException($"The header of the segment '{path}' is not that of its encoder.");
        }

        return layout;
    }

    private void WriteHeader(Span<byte> header)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], (int)Precision);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], Dimensions);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], Runs);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], Passages);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], Tokens);
    }
}

/// <summary>A contiguous part of a content's passages in a segment.</summary>
/// <param name="Content">The content.</param>
/// <param name="FirstOrdinal">The first passage, counted from 0 within the content.</param>
/// <param name="Passages">The number of passages.</param>
/// <param name="FirstSlot">The slot of the first passage.</param>
internal readonly record struct StateRun(ContentKey Content, int FirstOrdinal, int Passages, int FirstSlot)
{
    public void Write(Span<byte> destination)
    {
        destination[..SegmentLayout.RunBytes].Clear();
        Content.CopyTo(destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination[ContentKey.Size..], FirstOrdinal);
        BinaryPrimitives.WriteInt32LittleEndian(destination[(ContentKey.Size + 4)..], Passages);
        BinaryPrimitives.WriteInt32LittleEndian(destination[(ContentKey.Size + 8)..], FirstSlot);
    }

    public static StateRun Read(ReadOnlySpan<byte> source) =>
        new(
            new ContentKey(source[..ContentKey.Size]),
            BinaryPrimitives.ReadInt32LittleEndian(source[ContentKey.Size..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[(ContentKey.Size + 4)..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[(ContentKey.Size + 8)..])
        );
}
