using McpLongContext.Context.Contracts;
using McpLongContext.Context.Management;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that tells what is stored.</summary>
internal sealed class ListDatastores(Lazy<DatastoreManager> manager, ILogger<ListDatastores> logger)
    : ContextTool<ListDatastoresArguments, DatastoreList>(
        new ToolText(
            "list_datastores",
            "List datastores",
            "Lists the datastores: documents, passages, tokens, size, settings, what still waits for "
                + "encoding. Use it to find out what can be queried; the documents are listed as resources."
        ),
        new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true },
        ToolJson.Options,
        logger
    )
{
    /// <inheritdoc/>
    protected override Task<ToolResult<DatastoreList>> RunAsync(
        ListDatastoresArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var datastores = manager.Value.List().Where(one => call.Access.Allows(one.Name)).ToArray();
        return Task.FromResult(
            new ToolResult<DatastoreList>(DatastoreText.Render(datastores), new DatastoreList(datastores))
        );
    }
}

/// <summary>The arguments of <see cref="ListDatastores"/>: none.</summary>
internal sealed record ListDatastoresArguments;

/// <summary>The result of <see cref="ListDatastores"/>.</summary>
/// <param name="Datastores">The datastores, by name.</param>
internal sealed record DatastoreList(IReadOnlyList<DatastoreSummary> Datastores);
