using System.Buffers.Binary;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Keys;

/// <summary>
/// Where the keys of a decoder stand in a segment file, after its directory. The header has the number of planes.
/// <code>
/// ids         int32 [tokens]: the tokens, as the model's tokenizer has them
/// scales      float32 [planes, tokens]
/// codes       int8 [planes, tokens, dimensions]
/// </code>
/// </summary>
/// <param name="Shape">The key vectors that are stored for a token.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Passages">The number of slots.</param>
/// <param name="Tokens">The number of tokens.</param>
internal sealed record KeySegmentLayout(KeyShape Shape, int Runs, int Passages, int Tokens)
    : SegmentLayout(EmbeddingPrecision.Key, Shape.Dimensions, Runs, Passages, Tokens)
{
    private const int Format = 1;
    private const int PlanesAt = 32;

    /// <inheritdoc/>
    public override int Version => Format;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Magic => FileMagic;

    public static ReadOnlySpan<byte> FileMagic => "MLCKEYS\0"u8;

    public long IdsAt => DirectoryEnd;

    public long ScalesAt => SegmentPages.Align(IdsAt + ((long)Tokens * sizeof(int)));

    public long CodesAt => SegmentPages.Align(ScalesAt + ((long)Shape.Planes * Tokens * sizeof(float)));

    /// <inheritdoc/>
    public override long BodyBytes => SegmentPages.Align(CodesAt + ((long)Shape.Planes * Tokens * Shape.Dimensions));

    public long IdAt(int token) => IdsAt + ((long)token * sizeof(int));

    public long ScaleAt(int plane, int token) => ScalesAt + ((((long)plane * Tokens) + token) * sizeof(float));

    public long CodeAt(int plane, int token) => CodesAt + ((((long)plane * Tokens) + token) * Shape.Dimensions);

    /// <summary>Reads the header of a segment of an encoder.</summary>
    /// <exception cref="DatastoreException">The file is no segment, a newer one, or one of another encoder.</exception>
    public static KeySegmentLayout ReadHeader(ReadOnlySpan<byte> header, EmbeddingProfile encoder, string path)
    {
        (var runs, var passages, var tokens) = ReadHeader(header, Format, encoder, path);
        var planes = Number(header, PlanesAt);
        return planes is > 0 and <= KeyShape.MaxPlanes
            ? new KeySegmentLayout(new KeyShape(planes, encoder.Dimensions), runs, passages, tokens)
            : throw new DatastoreCorruptException($"The header of the segment '{path}' has {planes} planes.");
    }

    /// <inheritdoc/>
    protected override void WriteOwnHeader(Span<byte> rest) =>
        BinaryPrimitives.WriteInt32LittleEndian(rest, Shape.Planes);
}
