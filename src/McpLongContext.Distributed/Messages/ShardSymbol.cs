using McpLongContext.Storage.Symbols;

namespace McpLongContext.Distributed.Messages;

/// <summary>A definition in a shard.</summary>
/// <param name="Passage">Its passage.</param>
/// <param name="Line">Its line.</param>
/// <param name="Name">What is defined.</param>
/// <param name="Kind">What kind of definition it is.</param>
/// <param name="Container">What it is nested in.</param>
/// <param name="IsInScope">Whether its passage is in scope.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardSymbol(long Passage, int Line, string Name, int Kind, string Container, bool IsInScope)
{
    /// <summary>The definition as a datastore has it.</summary>
    public Symbol ToSymbol() => new(Passage, Line, Name, (SymbolKind)Kind, Container);

    /// <summary>A definition as a message.</summary>
    public static ShardSymbol Of(Symbol symbol, bool isInScope) =>
        new(symbol.Passage, symbol.Line, symbol.Name, (int)symbol.Kind, symbol.Container, isInScope);
}
