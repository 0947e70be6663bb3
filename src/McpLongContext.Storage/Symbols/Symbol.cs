namespace McpLongContext.Storage.Symbols;

/// <summary>A definition that a passage holds.</summary>
/// <param name="Passage">The passage's id.</param>
/// <param name="Line">The line of the definition, 1-based.</param>
/// <param name="Name">The name as it is written, without what it stands in.</param>
/// <param name="Kind">The kind of thing that is defined.</param>
/// <param name="Container">The type or module around it, its parts joined by full stops; may be empty.</param>
public readonly record struct Symbol(long Passage, int Line, string Name, SymbolKind Kind, string Container);

/// <summary>A definition to store with its passage.</summary>
/// <param name="Line">The line of the definition, 1-based.</param>
/// <param name="Name">The name as it is written, without what it stands in.</param>
/// <param name="Kind">The kind of thing that is defined.</param>
/// <param name="Container">The type or module around it, its parts joined by full stops; may be empty.</param>
public readonly record struct NewSymbol(int Line, string Name, SymbolKind Kind, string Container);
