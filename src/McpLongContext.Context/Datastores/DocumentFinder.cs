using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Storage;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Datastores;

/// <summary>Finds the document that a user names.</summary>
internal sealed class DocumentFinder(DocumentPaths paths)
{
    /// <summary>The document of a path as citations show it, or of its identifying path.</summary>
    public StoredDocument? Find(DatastoreSnapshot snapshot, string document) =>
        snapshot.Documents.TryFind(document, out var text) ? text
        : DocumentPaths.IsPath(document) && snapshot.Documents.TryFind(paths.Identify(document), out var file) ? file
        : null;

    /// <summary>The error for a document that is not there.</summary>
    public ContextException Unknown(DatastoreSnapshot snapshot, string name, string document)
    {
        var fileName = Path.GetFileName(document);
        var similar = snapshot
            .Documents.All.Where(candidate =>
                fileName.Length > 0
                && Path.GetFileName(candidate.Path).Contains(fileName, StringComparison.OrdinalIgnoreCase)
            )
            .Select(candidate => paths.Show(candidate.Path))
            .Take(3)
            .ToList();
        return new ContextException(
            $"document: '{document}' is not in datastore '{name}'; "
                + (
                    similar.Count > 0
                        ? $"did you mean {string.Join(" or ", similar)}?"
                        : "list_datastores shows what is."
                )
        );
    }
}
