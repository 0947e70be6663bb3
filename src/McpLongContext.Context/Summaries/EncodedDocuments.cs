using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Context.Summaries;

/// <summary>The encoded texts of a request, one after the other, each within the frame of a source.</summary>
/// <param name="Documents">The texts.</param>
/// <param name="Blocks">The encoder's output for all of them less the mean, in order.</param>
/// <param name="Mean">The mean.</param>
internal sealed record EncodedDocuments(
    IReadOnlyList<SummaryDocument> Documents,
    IReadOnlyList<IKeyBlock> Blocks,
    SourceMean Mean
)
{
    /// <summary>Whether encoding was stopped before all was encoded.</summary>
    public bool IsPartial { get; init; }

    /// <summary>The encoder's output in fp32, where there is so little of it; otherwise <see langword="null"/>.</summary>
    public float[]? Exact { get; init; }

    /// <summary>Bytes on disk of the datastore that keeps it; 0 where it is of this call alone.</summary>
    public long DatastoreBytes { get; init; }
}
