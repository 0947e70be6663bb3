using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Management;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that changes how a datastore's documents are cut for encoding.</summary>
internal sealed class SetChunking(Lazy<ChunkingManager> chunking, ILogger<SetChunking> logger)
    : ContextTool<SetChunkingArguments, ChunkingReport>(
        new ToolText(
            "set_chunking",
            "Set chunking",
            "Sets how documents are cut into overlapping encoder inputs. The defaults suit code, prose "
                + "and transcripts; use it to trade encoding time against accuracy. Applies to later ingests, "
                + "with apply_to_existing to stored documents too. Without chunk_size and overlap it tells the "
                + "settings. With model: chunks of a bit model, in bits.",
            Scopes.Admin
        ),
        new ToolAnnotations
        {
            ReadOnlyHint = false,
            DestructiveHint = false,
            IdempotentHint = true,
        },
        ToolJson.Options,
        logger
    )
{
    /// <inheritdoc/>
    protected override async Task<ToolResult<ChunkingReport>> RunAsync(
        SetChunkingArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var report = await chunking.Value.SetAsync(
            new ChunkingRequest
            {
                Datastore = arguments.Datastore,
                ChunkSize = arguments.ChunkSize,
                Overlap = arguments.Overlap,
                ApplyToExisting = arguments.ApplyToExisting,
                Model = arguments.Model,
            },
            cancellation
        );
        if (report.Model is { } model)
        {
            return new(
                $"{VisibleText.Name(model)}: chunks of {report.ChunkSize} bits, overlap {report.Overlap:0.###}.",
                report
            );
        }

        var text =
            $"{VisibleText.Name(report.Datastore)}: chunks of {report.ChunkSize} tokens, overlap {report.Overlap:0.##}."
            + (report.Job is { } job ? $" Existing documents are encoded again, job {job}." : "")
            + (
                report.PendingDocuments > 0
                    ? $" {IngestText.Count(report.PendingDocuments, "document")} waiting for encoding."
                    : ""
            );
        return new(text, report);
    }
}

/// <summary>The arguments of <see cref="SetChunking"/>.</summary>
internal sealed record SetChunkingArguments(
    [property: Description("Created when missing.")] string Datastore = "default",
    [property: Description("Tokens of an encoder input, up to the encoder's window.")]
    [property: Range(ChunkSettings.MinSize, ChunkSettings.MaxSize)]
        int? ChunkSize = null,
    [property: Description("Share of a chunk, at most 0.75, of a bit model 1.")]
    [property: Range(0.0, 1.0)]
        double? Overlap = null,
    [property: Description("Encode stored documents again.")] bool ApplyToExisting = false,
    [property: Description("A bit model.")] string? Model = null
);
