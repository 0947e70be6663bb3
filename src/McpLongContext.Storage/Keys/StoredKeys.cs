using McpLongContext.Storage.Catalog;

namespace McpLongContext.Storage.Keys;

/// <summary>
/// The keys of consecutive passages of a document, where they lie in a mapped file, and the tokens themselves.
/// Thread-safe; usable until its snapshot is disposed.
/// </summary>
public sealed class StoredKeys : IKeyBlock
{
    private readonly KeySegment _segment;
    private readonly int _slot;
    private readonly int _first;

    internal StoredKeys(KeySegment segment, int slot, int firstOrdinal, int passages)
    {
        _segment = segment;
        _slot = slot;
        FirstOrdinal = firstOrdinal;
        Passages = passages;
        var offsets = segment.Offsets(slot, passages);
        _first = offsets[0];
        Tokens = offsets[^1] - offsets[0];
    }

    /// <summary>The first passage, counted from 0 within the document.</summary>
    public int FirstOrdinal { get; }

    /// <summary>The number of passages.</summary>
    public int Passages { get; }

    /// <inheritdoc/>
    public int Tokens { get; }

    /// <summary>Tokens as the model's tokenizer has them, <c>[count]</c>.</summary>
    /// <param name="first">The first token, counted from the block's start.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="DatastoreException">The tokens are damaged.</exception>
    public ReadOnlySpan<int> Ids(int first, int count) => _segment.Ids(Place(first, count), count);

    /// <summary>The passage that a token belongs to, and how many tokens stand before it there.</summary>
    /// <param name="token">The token, counted from the block's start.</param>
    /// <returns>The passage, counted from 0 within the document.</returns>
    public (int Ordinal, int Before) PassageOf(int token)
    {
        var place = Place(token, 1);
        var offsets = _segment.Offsets(_slot, Passages);
        var slot = offsets.BinarySearch(place + 1);
        // The last passage that begins at the token or before it: empty ones have none.
        slot = (slot >= 0 ? slot : ~slot) - 1;
        while (offsets[slot] > place)
        {
            slot--;
        }

        return (FirstOrdinal + slot, place - offsets[slot]);
    }

    /// <inheritdoc/>
    public DeviceKeys? OnDevice(int plane)
    {
        RequirePlane(plane);
        return _segment.OnDevice(plane) is { } keys ? new DeviceKeys(keys, _first) : null;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<sbyte> Codes(int plane, int first, int count)
    {
        RequirePlane(plane);
        return _segment.Codes(plane, Place(first, count), count);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Scales(int plane, int first, int count)
    {
        RequirePlane(plane);
        return _segment.Scales(plane, Place(first, count), count);
    }

    /// <summary>
    /// Where a token stands in the file, whose neighbors are of other contents: never read by mistake.
    /// </summary>
    private int Place(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Tokens - first);
        return _first + first;
    }

    private void RequirePlane(int plane)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plane);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(plane, _segment.Layout.Shape.Planes);
    }
}

/// <summary>A document and the keys of its passages.</summary>
/// <param name="Document">The document; of several with one content, the first.</param>
/// <param name="Blocks">In the order of its passages; those without keys are left out.</param>
public sealed record KeyedDocument(Document Document, IReadOnlyList<StoredKeys> Blocks);
