using McpLongContext.Context.Contracts;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>A decoder's token memory, open for one call.</summary>
/// <param name="Texts">The texts that can be read.</param>
/// <param name="Cite">Cites a span by document and lines, with its text.</param>
internal sealed record OpenMemory(ITokenMemory Texts, Func<TokenMemorySpan, Evidence> Cite) : IDisposable
{
    /// <summary>Documents that are not, or not wholly, in it.</summary>
    public int PendingDocuments { get; init; }

    /// <summary>The job that builds what is missing; <see langword="null"/> when there is none.</summary>
    public string? Job { get; init; }

    /// <summary>Bytes on disk of the datastore that it belongs to; 0 where it is of this call alone.</summary>
    public long DatastoreBytes { get; init; }

    /// <summary>A further note, a sentence; <see langword="null"/> when there is nothing.</summary>
    public string? Note { get; init; }

    /// <summary>The resources that live as long.</summary>
    public IDisposable? Owned { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Owned?.Dispose();
}
