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
/// pooled      [passages, bytes by version]: codes of the passages' vectors
/// signs       bits [tokens, dimensions]
/// refinement  [tokens, bytes by precision and version]
/// </code>
/// Version 1 had vectors of 8 bits and factors of 16 bits; <see cref="VectorCodec"/> and <see cref="StateCodec"/> know both.
/// A slot is the place of one passage's states in a segment; a run is a contiguous part of one content's passages.
/// </summary>
/// <param name="Version">Of the format.</param>
/// <param name="Precision">How tokens are refined.</param>
/// <param name="Dimensions">The width of a state.</param>
/// <param name="PooledBytes">Bytes of the codes of a passage's vector.</param>
/// <param name="RefinementBytes">Bytes a token in the refinement plane.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Passages">The number of slots.</param>
/// <param name="Tokens">The number of token states.</param>
internal sealed record SegmentLayout(
    int Version,
    StatePrecision Precision,
    int Dimensions,
    int PooledBytes,
    int RefinementBytes,
    int Runs,
    int Passages,
    int Tokens
)
{
    /// <summary>The version that is written; older ones are read.</summary>
    public const int Newest = 2;

    public const int HeaderBytes = 64;
    public const int RunBytes = ContentKey.Size + 16;

    public static ReadOnlySpan<byte> Magic => "MLCSTATE"u8;

    public int SignBytes => Dimensions / 8;

    public long OffsetsAt => SegmentPages.Align(HeaderBytes + ((long)Runs * RunBytes));

    public long ScalesAt => SegmentPages.Align(OffsetsAt + ((Passages + 1L) * sizeof(int)));

    public long PooledAt => SegmentPages.Align(ScalesAt + ((long)Passages * sizeof(float)));

    public long SignsAt => SegmentPages.Align(PooledAt + ((long)Passages * PooledBytes));

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

    /// <summary>The layout of a new segment.</summary>
    public static SegmentLayout Of(EncoderProfile encoder, int runs, int passages, int tokens) =>
        Of(encoder, Newest, runs, passages, tokens);

    /// <summary>Reads the header of a segment of an encoder.</summary>
    /// <exception cref="DatastoreException">It is no segment, a newer one, or one of another encoder.</exception>
    public static SegmentLayout ReadHeader(ReadOnlySpan<byte> header, EncoderProfile encoder, string path)
    {
        int version = Number(header, 8);
        if (version > Newest)
        {
            throw new DatastoreException(
                $"The segment '{path}' has format {version}; this program reads up to {Newest}. Update the program."
            );
        }

        (int runs, int passages, int tokens) = (Number(header, 20), Number(header, 24), Number(header, 28));
        return
            version < 1
            || Number(header, 12) != (int)encoder.Precision
            || Number(header, 16) != encoder.Dimensions
            || (runs | passages | tokens) < 0
            ? throw new DatastoreCorruptException($"The header of the segment '{path}' is not that of its encoder.")
            : Of(encoder, version, runs, passages, tokens);

        static int Number(ReadOnlySpan<byte> header, int at) => BinaryPrimitives.ReadInt32LittleEndian(header[at..]);
    }

    private static SegmentLayout Of(EncoderProfile encoder, int version, int runs, int passages, int tokens) =>
        new(
            version,
            encoder.Precision,
            encoder.Dimensions,
            VectorCodec.Of(encoder, version).Bytes,
            StateCodec.Of(encoder, version).RefinementBytes,
            runs,
            passages,
            tokens
        );

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
