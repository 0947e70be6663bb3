using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Ingestion.Splitting.Symbols;

/// <summary>A definition in a program.</summary>
/// <param name="Line">The symbol's line, 0-based.</param>
/// <param name="Name">The symbol's name, without what it stands in.</param>
/// <param name="Kind">The kind of the symbol.</param>
/// <param name="Container">The types and modules around it, joined by full stops; may be empty.</param>
internal readonly record struct FoundSymbol(int Line, string Name, SymbolKind Kind, string Container);
