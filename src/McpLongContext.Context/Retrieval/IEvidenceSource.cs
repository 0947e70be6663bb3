using System.Diagnostics.CodeAnalysis;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Retrieval;

/// <summary>The passages and their definitions that evidence is assembled from.</summary>
internal interface IEvidenceSource
{
    /// <summary>Reads a passage; <see langword="false"/> when it is not there or damaged.</summary>
    public bool TryGet(long id, [NotNullWhen(true)] out Passage? passage);

    /// <summary>The tokens of what is shown of a passage; asked for by several threads at once.</summary>
    public int TokensOf(Passage passage);

    /// <summary>The definitions of passages, in order.</summary>
    /// <param name="first">The id of the first passage.</param>
    /// <param name="last">The id of the last passage, inclusive.</param>
    public IReadOnlyList<Symbol> SymbolsBetween(long first, long last);
}
