using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using McpLongContext.Context.Contracts;
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
            "Sets how a datastore's documents are cut into overlapping encoder inputs: chunk_size in tokens, overlap "
                + "as the share of a chunk that its neighbors cover too. The defaults suit code, prose and "
                + "transcripts; use it to trade encoding time against accuracy (less overlap is faster). Applies to "
                + "documents ingested from now on, and with apply_to_existing to the others too, in the background. With "
                + "model it sets the chunks of attention of a bit model, in bits. "
                + "What is left out stays; without chunk_size and overlap it tells the settings in force."
        ),
        new ToolAnnotations
        {
            ReadOnlyHint = false,
            DestructiveHint = false,
            IdempotentHint = true,
        },
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
    [property: Description("The datastore; created when missing.")] string Datastore = "default",
    [property: Description("Length of an encoder input in tokens, up to the encoder's window (512 unless expanded).")]
    [property: Range(ChunkSettings.MinSize, ChunkSettings.MaxSize)]
        int? ChunkSize = null,
    [property: Description("Share of a chunk that overlaps with its neighbors.")]
    [property: Range(0.0, ChunkSettings.MaxOverlap)]
        double? Overlap = null,
    [property: Description("Also encode the documents that are stored already again.")] bool ApplyToExisting = false,
    [property: Description("An installed bit model, whose chunks are set, in bits, instead of the datastore's.")]
        string? Model = null
);
