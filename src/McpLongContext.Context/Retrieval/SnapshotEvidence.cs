using System.Diagnostics.CodeAnalysis;
using McpLongContext.Storage;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Retrieval;

/// <summary>Reads the evidence of a datastore.</summary>
internal sealed class SnapshotEvidence(DatastoreSnapshot snapshot) : IEvidenceSource
{
    /// <inheritdoc/>
    public bool TryGet(long id, [NotNullWhen(true)] out Passage? passage) => snapshot.Passages.TryGet(id, out passage);

    /// <inheritdoc/>
    public int TokensOf(Passage passage) => TokenCounter.Count(ShownText.Of(passage.Text));

    /// <inheritdoc/>
    public IReadOnlyList<Symbol> SymbolsBetween(long first, long last) => snapshot.Symbols.Between(first, last);
}
