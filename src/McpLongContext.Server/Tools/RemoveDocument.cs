using System.ComponentModel;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Management;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that removes documents from a datastore.</summary>
internal sealed class RemoveDocument(Lazy<IDatastoreManager> datastores, ILogger<RemoveDocument> logger)
    : ContextTool<RemoveDocumentArguments, RemovedDocuments>(
        new ToolText(
            "remove_document",
            "Remove document",
            "Removes a document, or all under a directory, from a datastore; files on disk stay. Use it "
                + "for what was ingested by mistake. Vanished files need none: ingest their directory again.",
            Scopes.Admin
        ),
        new ToolAnnotations
        {
            ReadOnlyHint = false,
            DestructiveHint = true,
            IdempotentHint = true,
        },
        ToolJson.Options,
        logger
    )
{
    private const int NamedDocuments = 50;

    /// <inheritdoc/>
    protected override async Task<ToolResult<RemovedDocuments>> RunAsync(
        RemoveDocumentArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var report = await datastores.Value.RemoveDocumentAsync(arguments.Datastore, arguments.Document, cancellation);
        var named = report.Documents.Take(NamedDocuments).ToArray();
        var rest = report.Documents.Count - named.Length;
        var text =
            $"Removed {IngestText.Count(report.Documents.Count, "document")} from {VisibleText.Name(report.Datastore)}: "
            + string.Join(", ", named.Select(VisibleText.Name))
            + (rest > 0 ? $" and {rest} more." : ".");
        return new(text, new(report.Datastore, report.Documents.Count, named));
    }
}

/// <summary>The arguments of <see cref="RemoveDocument"/>.</summary>
internal sealed record RemoveDocumentArguments(
    [property: Description("The path in citations, or a directory.")] string Document,
    [property: Description("The datastore.")] string Datastore = "default"
);

/// <summary>The result of <see cref="RemoveDocument"/>.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="Removed">How many documents were removed.</param>
/// <param name="Documents">The paths, at most fifty.</param>
internal sealed record RemovedDocuments(string Datastore, int Removed, IReadOnlyList<string> Documents);
