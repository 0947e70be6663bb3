using McpLongContext.Context.Contracts;
using McpLongContext.Context.Management;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that tells what is stored.</summary>
internal sealed class ListDatastores(Lazy<IDatastoreManager> manager, ILogger<ListDatastores> logger)
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
    protected override async Task<ToolResult<DatastoreList>> RunAsync(
        ListDatastoresArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var all = await manager.Value.ListAsync(cancellation);
        var datastores = all.Where(one => call.Access.Allows(one.Name)).ToArray();
        return new(DatastoreText.Render(datastores), new DatastoreList(datastores));
    }
}

/// <summary>The arguments of <see cref="ListDatastores"/>: none.</summary>
internal sealed record ListDatastoresArguments;

/// <summary>The result of <see cref="ListDatastores"/>.</summary>
/// <param name="Datastores">The datastores, by name.</param>
internal sealed record DatastoreList(IReadOnlyList<DatastoreSummary> Datastores);
