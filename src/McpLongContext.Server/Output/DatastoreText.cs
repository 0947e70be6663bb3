using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Server.Output;

/// <summary>Datastores in words.</summary>
internal static class DatastoreText
{
    public static string Render(IReadOnlyList<DatastoreSummary> datastores) =>
        datastores.Count == 0
            ? "No datastores yet; an ingest creates one."
            : string.Join('\n', datastores.Select(Render));

    public static string Render(DatastoreSummary datastore)
    {
        if (datastore.Problem is { } problem)
        {
            return $"{VisibleText.Name(datastore.Name)}: cannot be used. {VisibleText.Name(problem)}";
        }

        var pending =
            datastore.PendingDocuments == 0
                ? ""
                : $", {IngestText.Count(datastore.PendingDocuments, "document")} waiting for encoding";
        var commits = datastore.Commits == 0 ? "" : $", {IngestText.Count(datastore.Commits, "commit")}";
        return $"{VisibleText.Name(datastore.Name)}: {IngestText.Count(datastore.Documents, "document")}, "
            + $"{IngestText.Count(datastore.Passages, "passage")}{commits}, {datastore.Tokens:N0} tokens, "
            + $"{IngestText.Size(datastore.Bytes)}; chunks of {datastore.ChunkSize} tokens, overlap "
            + $"{datastore.Overlap:0.##}{pending}{string.Concat(datastore.Memories.Select(Render))}";
    }

    private static string Render(MemorySummary memory)
    {
        var pending =
            memory.PendingDocuments == 0
                ? ""
                : $", {IngestText.Count(memory.PendingDocuments, "document")} not in it yet";
        var variant = memory.Variant is { } text ? $" ({text})" : "";
        return $"; {memory.Title} of {VisibleText.Name(memory.Model)}{variant}: {memory.Tokens:N0} tokens, "
            + $"{IngestText.Size(memory.Bytes)}{pending}";
    }

    public static string Render(DocumentSummary document) =>
        $"{VisibleText.Name(document.Path)}\t{document.Kind}\t{IngestText.Count(document.Lines, "line")}\t"
        + $"{IngestText.Size(document.Bytes)}\t{(document.Encoded ? "encoded" : "lexical only")}";
}
