namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// Where the token embeddings of an encoder stand in a segment file, after its directory.
/// <code>
/// scales      float32 a passage: of its pooled vector
/// pooled      [passages, 3 * dimensions / 8]: codes of the passages' vectors
/// codes       bits [tokens, dimensions]: binary codes of the token embeddings
/// refinement  [tokens, dimensions / 8 + 1]
/// </code>
/// </summary>
/// <param name="Precision">How tokens are refined.</param>
/// <param name="Dimensions">The width of an embedding.</param>
/// <param name="PooledBytes">Bytes of the codes of a passage's vector.</param>
/// <param name="ResidualCodeBytes">Bytes a token in the refinement plane.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Passages">The number of slots.</param>
/// <param name="Tokens">The number of token embeddings.</param>
internal sealed record EmbeddingSegmentLayout(
    EmbeddingPrecision Precision,
    int Dimensions,
    int PooledBytes,
    int ResidualCodeBytes,
    int Runs,
    int Passages,
    int Tokens
) : SegmentLayout(Precision, Dimensions, Runs, Passages, Tokens)
{
    /// <summary>The version of the format.</summary>
    public const int Format = 2;

    /// <inheritdoc/>
    public override int Version => Format;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Magic => FileMagic;

    public static ReadOnlySpan<byte> FileMagic => "MLCSTATE"u8;

    public int BinaryCodeBytes => Dimensions / 8;

    public long ScalesAt => DirectoryEnd;

    public long PooledAt => SegmentPages.Align(ScalesAt + ((long)Passages * sizeof(float)));

    public long BinaryCodesAt => SegmentPages.Align(PooledAt + ((long)Passages * PooledBytes));

    public long ResidualCodesAt => SegmentPages.Align(BinaryCodesAt + ((long)Tokens * BinaryCodeBytes));

    /// <inheritdoc/>
    public override long BodyBytes => SegmentPages.Align(ResidualCodesAt + ((long)Tokens * ResidualCodeBytes));

    /// <summary>The layout of a segment of an encoder.</summary>
    public static EmbeddingSegmentLayout Of(EmbeddingProfile encoder, int runs, int passages, int tokens) =>
        new(
            encoder.Precision,
            encoder.Dimensions,
            new PassageEmbeddingCodec(encoder).Bytes,
            new TokenEmbeddingCodec(encoder).ResidualCodeBytes,
            runs,
            passages,
            tokens
        );

    /// <summary>Reads the header of a segment of an encoder.</summary>
    /// <exception cref="DatastoreException">
    /// The file is no segment, one of another format, or one of another encoder.
    /// </exception>
    public static EmbeddingSegmentLayout ReadHeader(ReadOnlySpan<byte> header, EmbeddingProfile encoder, string path)
    {
        (var runs, var passages, var tokens) = ReadHeader(header, Format, encoder, path);
        return Of(encoder, runs, passages, tokens);
    }
}
