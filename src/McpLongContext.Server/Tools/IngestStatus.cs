using System.ComponentModel;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Jobs;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that tells where ingest jobs stand.</summary>
internal sealed class IngestStatus(Lazy<JobRegistry> registry, ILogger<IngestStatus> logger)
    : ContextTool<IngestStatusArguments, IngestJobs>(
        new ToolText(
            "ingest_status",
            "Ingest status",
            "Tells where ingest jobs stand: stage, counts, pending documents, errors. Use it after "
                + "ingest_document returned a job that continues; queries work meanwhile."
        ),
        new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true },
        ToolJson.Options,
        logger
    )
{
    private const int LatestJobs = 20;

    /// <inheritdoc/>
    protected override Task<ToolResult<IngestJobs>> RunAsync(
        IngestStatusArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var jobs = registry
            .Value.Reports(arguments.Job, call.Access.Allows)
            .Where(job => arguments.Datastore is null || job.Datastore == arguments.Datastore)
            .TakeLast(LatestJobs)
            .ToArray();
        var text =
            jobs.Length == 0
                ? "No ingest jobs since this server started; list_datastores tells what is stored."
                : string.Join("\n\n", jobs.Select(job => $"Job {job.Job}, {IngestText.Render(job)}"));
        return Task.FromResult(new ToolResult<IngestJobs>(text, new([.. jobs.Select(IngestText.Bound)])));
    }
}

/// <summary>The arguments of <see cref="IngestStatus"/>.</summary>
internal sealed record IngestStatusArguments(
    [property: Description("Left out, the latest jobs.")] string? Job = null,
    [property: Description("Only jobs of it.")] string? Datastore = null
);

/// <summary>The result of <see cref="IngestStatus"/>.</summary>
/// <param name="Jobs">The jobs, oldest first.</param>
internal sealed record IngestJobs(IReadOnlyList<IngestReport> Jobs);
