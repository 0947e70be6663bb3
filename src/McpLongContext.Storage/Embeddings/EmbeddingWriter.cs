using System.Buffers;
using System.Runtime.InteropServices;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// Collects the token embeddings of contents, quantized at once, and publishes them together as one segment. Nothing is
/// visible before <see cref="Publish"/> returns; then all of it is durable. Not thread-safe; several writers may work
/// side by side.
/// </summary>
public sealed class EmbeddingWriter
{
    private readonly Datastore _datastore;
    private readonly TokenEmbeddingCodec _codec;
    private readonly PassageEmbeddingCodec _vectors;
    private readonly List<SegmentRun> _runs = [];
    private readonly List<int> _offsets = [0];
    private readonly List<float> _scales = [];
    private readonly ArrayBufferWriter<byte> _pooled = new();
    private readonly ArrayBufferWriter<byte> _binaryCodes = new();
    private readonly ArrayBufferWriter<byte> _residualCodes = new();

    internal EmbeddingWriter(Datastore datastore, EmbeddingProfile encoder)
    {
        _datastore = datastore;
        Encoder = encoder;
        _codec = new TokenEmbeddingCodec(encoder);
        _vectors = new PassageEmbeddingCodec(encoder);
    }

    /// <summary>The encoder whose embeddings these are.</summary>
    public EmbeddingProfile Encoder { get; }

    /// <summary>Token embeddings collected since the last publication.</summary>
    public int Tokens => _offsets[^1];

    /// <summary>Adds the embeddings of a contiguous run of a content's passages.</summary>
    /// <param name="content">The content.</param>
    /// <param name="firstOrdinal">The first passage of the run, counted from 0 within the content.</param>
    /// <param name="tokenCounts">How many of the tokens belong to each passage, <c>[passages]</c>; may be 0.</param>
    /// <param name="tokens">The token embeddings in order, <c>[tokens, dimensions]</c>.</param>
    /// <param name="pooled">A vector for each passage, <c>[passages, dimensions]</c>.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public void Add(
        ContentKey content,
        int firstOrdinal,
        ReadOnlySpan<int> tokenCounts,
        ReadOnlySpan<float> tokens,
        ReadOnlySpan<float> pooled
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstOrdinal);
        var dimensions = Encoder.Dimensions;
        var total = 0;
        foreach (var count in tokenCounts)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count, nameof(tokenCounts));
            total += count;
        }

        if (tokens.Length != total * dimensions || pooled.Length != tokenCounts.Length * dimensions)
        {
            throw new ArgumentException(
                $"{tokenCounts.Length} passages with {total} tokens of {dimensions} dimensions need "
                    + $"{total * dimensions} and {tokenCounts.Length * dimensions} numbers, "
                    + $"not {tokens.Length} and {pooled.Length}.",
                nameof(tokens)
            );
        }

        if (tokenCounts.IsEmpty)
        {
            return;
        }

        _runs.Add(new SegmentRun(content, firstOrdinal, tokenCounts.Length, _scales.Count));
        foreach (var count in tokenCounts)
        {
            _offsets.Add(_offsets[^1] + count);
        }

        for (; !tokens.IsEmpty; tokens = tokens[dimensions..])
        {
            _codec.Encode(
                tokens[..dimensions],
                Next(_binaryCodes, _codec.BinaryCodeBytes),
                Next(_residualCodes, _codec.ResidualCodeBytes)
            );
        }

        for (; !pooled.IsEmpty; pooled = pooled[dimensions..])
        {
            _scales.Add(_vectors.Encode(pooled[..dimensions], Next(_pooled, _vectors.Bytes)));
        }
    }

    /// <summary>
    /// Writes what was added into a segment and publishes it; the writer is empty again afterwards. Passages that have
    /// embeddings already keep them.
    /// </summary>
    /// <exception cref="DatastoreException">Nothing was stored; what was added is still here to be tried
    /// again.</exception>
    public void Publish()
    {
        if (_runs.Count == 0)
        {
            return;
        }

        var layout = EmbeddingSegmentLayout.Of(Encoder, _runs.Count, _scales.Count, Tokens);
        var file = SegmentFile.Write(
            _datastore.RequireSegmentsFolder(),
            layout.Magic,
            segment => Write(segment, layout)
        );
        _datastore.Publish(Encoder, layout, file, _runs);
        Clear();
    }

    private static Span<byte> Next(ArrayBufferWriter<byte> plane, int bytes)
    {
        var span = plane.GetSpan(bytes)[..bytes];
        plane.Advance(bytes);
        return span;
    }

    private void Write(SegmentFile segment, EmbeddingSegmentLayout layout)
    {
        layout.WriteDirectory(segment, _runs);
        segment.Append(layout.OffsetsAt, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_offsets)));
        segment.Append(layout.ScalesAt, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_scales)));
        segment.Append(layout.PooledAt, _pooled.WrittenSpan);
        segment.Append(layout.BinaryCodesAt, _binaryCodes.WrittenSpan);
        segment.Append(layout.ResidualCodesAt, _residualCodes.WrittenSpan);
    }

    private void Clear()
    {
        _runs.Clear();
        _offsets.RemoveRange(1, _offsets.Count - 1);
        _scales.Clear();
        _pooled.ResetWrittenCount();
        _binaryCodes.ResetWrittenCount();
        _residualCodes.ResetWrittenCount();
    }
}
