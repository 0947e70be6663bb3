namespace McpLongContext.Storage.States;

/// <summary>
/// Where the hidden states of an encoder stand in a segment file, behind its directory.
/// <code>
/// scales      float32 a passage: of its pooled vector
/// pooled      [passages, 3 * dimensions / 8]: codes of the passages' vectors
/// signs       bits [tokens, dimensions]
/// refinement  [tokens, dimensions / 8 + 1]
/// </code>
/// </summary>
/// <param name="Precision">How tokens are refined.</param>
/// <param name="Dimensions">The width of a state.</param>
/// <param name="PooledBytes">Bytes of the codes of a passage's vector.</param>
/// <param name="RefinementBytes">Bytes a token in the refinement plane.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Passages">The number of slots.</param>
/// <param name="Tokens">The number of token states.</param>
internal sealed record StateSegmentLayout(
    StatePrecision Precision,
    int Dimensions,
    int PooledBytes,
    int RefinementBytes,
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

    public int SignBytes => Dimensions / 8;

    public long ScalesAt => DirectoryEnd;

    public long PooledAt => SegmentPages.Align(ScalesAt + ((long)Passages * sizeof(float)));

    public long SignsAt => SegmentPages.Align(PooledAt + ((long)Passages * PooledBytes));

    public long RefinementAt => SegmentPages.Align(SignsAt + ((long)Tokens * SignBytes));

    /// <inheritdoc/>
    public override long BodyBytes => SegmentPages.Align(RefinementAt + ((long)Tokens * RefinementBytes));

    /// <summary>The layout of a segment of an encoder.</summary>
    public static StateSegmentLayout Of(EncoderProfile encoder, int runs, int passages, int tokens) =>
        new(
            encoder.Precision,
            encoder.Dimensions,
            new VectorCodec(encoder).Bytes,
            new StateCodec(encoder).RefinementBytes,
            runs,
            passages,
            tokens
        );

    /// <summary>Reads the header of a segment of an encoder.</summary>
    /// <exception cref="DatastoreException">It is no segment, one of another format, or one of another encoder.</exception>
    public static StateSegmentLayout ReadHeader(ReadOnlySpan<byte> header, EncoderProfile encoder, string path)
    {
        (var runs, var passages, var tokens) = ReadHeader(header, Format, encoder, path);
        return Of(encoder, runs, passages, tokens);
    }
}
