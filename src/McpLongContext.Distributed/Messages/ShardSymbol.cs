using McpLongContext.Storage.Symbols;

namespace McpLongContext.Distributed.Messages;

/// <summary>A definition in a shard.</summary>
/// <param name="Passage">The passage.</param>
/// <param name="Line">The line.</param>
/// <param name="Name">The name.</param>
/// <param name="Kind">The kind of definition.</param>
/// <param name="Container">The type or module around the definition.</param>
/// <param name="IsInScope">Whether the passage is in scope.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardSymbol(long Passage, int Line, string Name, int Kind, string Container, bool IsInScope)
{
    /// <summary>The definition as a datastore has it.</summary>
    public Symbol ToSymbol() => new(Passage, Line, Name, (SymbolKind)Kind, Container);

    /// <summary>A definition as a message.</summary>
    public static ShardSymbol Of(Symbol symbol, bool isInScope) =>
        new(symbol.Passage, symbol.Line, symbol.Name, (int)symbol.Kind, symbol.Container, isInScope);
}
