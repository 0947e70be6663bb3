using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Ingestion.Splitting.Symbols;

/// <summary>The definition in a line.</summary>
/// <param name="Name">The name, with what it stands in; empty where only the body's end tells it.</param>
/// <param name="Kind">The kind of symbol that it names; <see langword="null"/> for what only encloses.</param>
internal readonly record struct Declaration(string Name, SymbolKind? Kind)
{
    /// <summary>The type that a function belongs to by its head; may be empty.</summary>
    public string Receiver { get; init; } = "";

    /// <summary>Whether the name stands after the body.</summary>
    public bool IsTypedef { get; init; }

    /// <summary>Whether there is none.</summary>
    public bool IsNone => string.IsNullOrEmpty(Name) && !IsTypedef;

    public static Declaration Of(ReadOnlySpan<char> name, SymbolKind? kind, ReadOnlySpan<char> receiver = default) =>
        new(name.ToString(), kind) { Receiver = receiver.ToString() };
}
