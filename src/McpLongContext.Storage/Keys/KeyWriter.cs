using System.Runtime.InteropServices;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Keys;

/// <summary>
/// Collects the keys of contents and publishes them together as one segment. Nothing is visible before
/// <see cref="Publish"/> returns; then all of it is durable. Not thread-safe; several writers may work side by side.
/// </summary>
public sealed class KeyWriter
{
    private readonly Datastore _datastore;
    private readonly List<SegmentRun> _runs = [];
    private readonly List<int> _offsets = [0];
    private readonly List<int> _ids = [];
    private readonly List<KeyBuffer> _keys = [];

    internal KeyWriter(Datastore datastore, EmbeddingProfile encoder, int planes)
    {
        _datastore = datastore;
        Encoder = encoder;
        Shape = new KeyShape(planes, encoder.Dimensions);
    }

    /// <summary>The decoder that makes the keys.</summary>
    public EmbeddingProfile Encoder { get; }

    /// <summary>The key vectors that are stored for a token.</summary>
    public KeyShape Shape { get; }

    /// <summary>Tokens collected since the last publication.</summary>
    public int Tokens => _offsets[^1];

    /// <summary>Adds the keys of a contiguous run of a content's passages.</summary>
    /// <param name="content">The content.</param>
    /// <param name="firstOrdinal">The first passage of the run, counted from 0 within the content.</param>
    /// <param name="tokenCounts">How many of the tokens belong to each passage, <c>[passages]</c>; may be 0.</param>
    /// <param name="ids">The tokens, as the model's tokenizer has them, <c>[tokens]</c>.</param>
    /// <param name="keys">The keys of the tokens, of this writer's shape; not changed before they are
    /// published.</param>
    /// <exception cref="ArgumentException">The numbers of tokens differ, or the keys are of another shape.</exception>
    public void Add(
        ContentKey content,
        int firstOrdinal,
        ReadOnlySpan<int> tokenCounts,
        ReadOnlySpan<int> ids,
        KeyBuffer keys
    )
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentOutOfRangeException.ThrowIfNegative(firstOrdinal);
        var total = 0;
        foreach (var count in tokenCounts)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count, nameof(tokenCounts));
            total += count;
        }

        if (keys.Shape != Shape)
        {
            throw new ArgumentException($"keys of {keys.Shape} found, expected {Shape}.", nameof(keys));
        }

        if (ids.Length != total || keys.Tokens != total)
        {
            throw new ArgumentException(
                $"{ids.Length} tokens and keys of {keys.Tokens} found, expected {total} of both.",
                nameof(ids)
            );
        }

        if (tokenCounts.IsEmpty)
        {
            return;
        }

        _runs.Add(new SegmentRun(content, firstOrdinal, tokenCounts.Length, _offsets.Count - 1));
        foreach (var count in tokenCounts)
        {
            _offsets.Add(_offsets[^1] + count);
        }

        _ids.AddRange(ids);
        _keys.Add(keys);
    }

    /// <summary>
    /// Writes what was added into a segment and publishes it; the writer is empty again afterwards. Passages that have
    /// keys already keep them.
    /// </summary>
    /// <exception cref="DatastoreException">Nothing was stored; what was added is still here to be tried
    /// again.</exception>
    public void Publish()
    {
        if (_runs.Count == 0)
        {
            return;
        }

        var layout = new KeySegmentLayout(Shape, _runs.Count, _offsets.Count - 1, Tokens);
        var file = SegmentFile.Write(
            _datastore.RequireSegmentsFolder(),
            layout.Magic,
            segment => Write(segment, layout)
        );
        _datastore.Publish(Encoder, layout, file, _runs);
        _runs.Clear();
        _offsets.RemoveRange(1, _offsets.Count - 1);
        _ids.Clear();
        _keys.Clear();
    }

    private void Write(SegmentFile segment, KeySegmentLayout layout)
    {
        layout.WriteDirectory(segment, _runs);
        segment.Append(layout.OffsetsAt, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_offsets)));
        segment.Append(layout.IdsAt, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_ids)));
        segment.Append(layout.ScalesAt, []);
        for (var plane = 0; plane < Shape.Planes; plane++)
        {
            foreach (var keys in _keys)
            {
                segment.Append(MemoryMarshal.AsBytes(keys.Scales(plane, 0, keys.Tokens)));
            }
        }

        segment.Append(layout.CodesAt, []);
        for (var plane = 0; plane < Shape.Planes; plane++)
        {
            foreach (var keys in _keys)
            {
                segment.Append(MemoryMarshal.AsBytes(keys.Codes(plane, 0, keys.Tokens)));
            }
        }
    }
}
