namespace McpLongContext.Storage.Symbols;

/// <summary>The kinds of definition that are told apart. The numbers are stored.</summary>
public enum SymbolKind
{
    /// <summary>A class, structure, interface, enumeration, trait, alias of a type.</summary>
    Type = 1,

    /// <summary>A function, method, constructor, macro with parameters.</summary>
    Function = 2,

    /// <summary>A constant or variable of a file or namespace.</summary>
    Value = 3,

    /// <summary>A field or property of a type.</summary>
    Property = 4,

    /// <summary>A module or namespace.</summary>
    Module = 5,

    /// <summary>A prototype whose definition stands elsewhere.</summary>
    Prototype = 6,
}
