using McpLongContext.Context.Contracts;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Documents;

/// <summary>Reads the kind that a document was stored with.</summary>
internal static class StoredKind
{
    /// <summary>Whether a document was read from a format that has other places than lines.</summary>
    public static bool HasFormat(StoredDocument document) => document.Kind.EndsWith(')');

    /// <summary>
    /// The kind, without the format that stands in brackets after it; prose where the datastore names one that this
    /// version does not know.
    /// </summary>
    public static DocumentKind Of(StoredDocument document) =>
        Enum.TryParse<DocumentKind>(document.Kind.Split(' ')[0], ignoreCase: true, out var kind)
            ? kind
            : DocumentKind.Prose;
}
