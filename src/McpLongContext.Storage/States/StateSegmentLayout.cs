namespace McpLongContext.Storage.States;

/// <summary>
/// Where the hidden states of an encoder stand in a segment file, behind its directory.
/// <code>
/// scales      float32 a passage: of its pooled vector
/// pooled      [passages, bytes by version]: codes of the passages' vectors
/// signs       bits [tokens, dimensions]
/// refinement  [tokens, bytes by precision and version]
/// </code>
/// Version 1 had vectors of 8 bits and factors of 16 bits; <see cref="VectorCodec"/> and <see cref="StateCodec"/> know both.
/// </summary>
/// <param name="Version">Of the format.</param>
/// <param name="Precision">How tokens are refined.</param>
/// <param name="Dimensions">The width of a state.</param>
/// <param name="PooledBytes">Bytes of the codes of a passage's vector.</param>
/// <param name="RefinementBytes">Bytes a token in the refinement plane.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Passages">The number of slots.</param>
/// <param name="Tokens">The number of token states.</param>
internal sealed record StateSegmentLayout(
    int Version,
    StatePrecision Precision,
    int Dimensions,
    int PooledBytes,
    int RefinementBytes,
    int Runs,
    int Passages,
    int Tokens
) : SegmentLayout(Version, Precision, Dimensions, Runs, Passages, Tokens)
{
    /// <summary>The version that is written; older ones are read.</summary>
    public const int Newest = 2;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Magic => FileMagic;

    public static ReadOnlySpan<byte> FileMagic => "MLCSTATE"u8;

    public int SignBytes => Dimensions / 8;

    public long ScalesAt => DirectoryEnd;

    public long PooledAt => SegmentPages.Align(ScalesAt + ((long)Passages * sizeof(float)));

    public long SignsAt => SegmentPages.Align(PooledAt + ((long)Passages * PooledBytes));

    public long RefinementAt => SegmentPages.Align(SignsAt + ((long)Tokens * SignBytes));

    /// <inheritdoc/>
    public override long BodyBytes => SegmentPages.Align(RefinementAt + ((long)Tokens * RefinementBytes));

    /// <summary>The layout of a new segment.</summary>
    public static StateSegmentLayout Of(EncoderProfile encoder, int runs, int passages, int tokens) =>
        Of(encoder, Newest, runs, passages, tokens);

    /// <summary>Reads the header of a segment of an encoder.</summary>
    /// <exception cref="DatastoreException">It is no segment, a newer one, or one of another encoder.</exception>
    public static StateSegmentLayout ReadHeader(ReadOnlySpan<byte> header, EncoderProfile encoder, string path)
    {
        (int version, int runs, int passages, int tokens) = ReadHeader(header, Newest, encoder, path);
        return Of(encoder, version, runs, passages, tokens);
    }

    private static StateSegmentLayout Of(EncoderProfile encoder, int version, int runs, int passages, int tokens) =>
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
}
