using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Retrieval;

/// <summary>Definitions as evidence shows them: few, and short.</summary>
internal static class SymbolNames
{
    /// <summary>More are a list, which the lines show better.</summary>
    private const int Most = 6;

    /// <summary>The names, types and functions first, otherwise in the order of their lines.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<Symbol> symbols) =>
        [
            .. symbols
                .Where(symbol => symbol.Kind != SymbolKind.Prototype)
                .OrderBy(symbol => symbol.Kind is SymbolKind.Type or SymbolKind.Function ? 0 : 1)
                .Select(Of)
                .Distinct(StringComparer.Ordinal)
                .Take(Most),
        ];

    private static string Of(Symbol symbol)
    {
        var name = symbol.Container.Length == 0 ? symbol.Name : $"{symbol.Container}.{symbol.Name}";
        return symbol.Kind switch
        {
            SymbolKind.Function => $"{name}()",
            SymbolKind.Type => $"type {name}",
            SymbolKind.Module => $"module {name}",
            _ => name,
        };
    }
}
