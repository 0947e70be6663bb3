namespace McpLongContext.Storage.Embeddings;

/// <summary>Embeddings in a segment and the passages that they belong to.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="FirstSlot">The slot of the first passage.</param>
/// <param name="Passages">The number of passages.</param>
/// <param name="FirstPassage">The id of the first passage.</param>
internal readonly record struct PlacedRun(EmbeddingSegment Segment, int FirstSlot, int Passages, long FirstPassage)
{
    public PlacedRun Slice(int first, int passages) =>
        first == 0 && passages == Passages
            ? this
            : new PlacedRun(Segment, FirstSlot + first, passages, FirstPassage + first);
}
