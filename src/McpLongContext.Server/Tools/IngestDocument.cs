using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Freshness;
using McpLongContext.Context.Ingestion;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that takes files, directories and texts in.</summary>
internal sealed class IngestDocument(
    Lazy<IIngestor> ingestor,
    Lazy<ISourceWatcher> watcher,
    LongContextOptions options,
    TimeProvider time,
    ILogger<IngestDocument> logger
)
    : ContextTool<IngestArguments, IngestReport>(
        new ToolText(
            "ingest_document",
            "Ingest document",
            "Stores a file, a directory (recursive, .gitignore respected) or a text in a local datastore, "
                + "so that query_long_context answers questions about it. Use it for a repository, book, log or "
                + "transcript too long to read; later changes of files are seen by queries. "
                + "Give path, or text and name. Searchable within seconds; encoding "
                + "not done after wait_seconds continues in the background (ingest_status). Returns counts and "
                + "skipped files with reasons.",
            Scopes.Ingest
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
    protected override async Task<ToolResult<IngestReport>> RunAsync(
        IngestArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var request = new IngestRequest
        {
            Paths = arguments.Path is { } path ? [path] : [],
            Roots = call.Access.Roots,
            Text = arguments.Text,
            Name = arguments.Name,
            Datastore = arguments.Datastore,
            Memory = arguments.Memory,
            Watch = arguments.Watch ?? (options.Watch ? true : null),
            Wait = TimeSpan.FromSeconds(arguments.WaitSeconds),
        };
        Check(arguments);
        await using var progress = new ProgressNotifications<IngestReport>(
            call,
            IngestText.Progress,
            static (before, now) => before.State == now.State,
            time
        );
        var report = await ingestor.Value.IngestAsync(request, progress, cancellation);
        watcher.Value.Watch(request.Datastore);
        var bounded = IngestText.Bound(report);
        return new(IngestText.Render(report), bounded);
    }

    private static void Check(IngestArguments arguments)
    {
        switch (arguments)
        {
            case { Path: null, Text: null }:
                throw new ContextException("path: missing; give the path of a file or directory, or text and name.");
            case { Path: not null, Text: not null }:
                throw new ContextException("path, text: both were given; give either path, or text and name.");
            case { Text: not null, Name: null }:
                throw new ContextException(
                    "name: missing; a text needs a name to be cited by, for example notes/2024-05-01.md."
                );
            case { Path: not null, Name: not null }:
                throw new ContextException("name: only a text takes a name; files are cited by their path.");
        }
    }
}

/// <summary>The arguments of <see cref="IngestDocument"/>.</summary>
internal sealed record IngestArguments(
    [property: Description(
        "A file or directory under the allowed roots, absolute or from the server's working directory."
    )]
        string? Path = null,
    [property: Description("A text to store instead; needs name.")] string? Text = null,
    [property: Description("Name of the text in citations, for example meetings/2024-05-01.md")] string? Name = null,
    [property: Description("Created when missing; best one per project.")] string Datastore = "default",
    [property: Description(
        "Also build this memory for answers and infer_long, in the background: unlimiformer (about a minute for 40,000 tokens) or infini (two to three times as long)."
    )]
        MemoryKind Memory = MemoryKind.Window,
    [property: Description("true: ingest changes as they happen; false ends that.")] bool? Watch = null,
    [property: Description("Wait for the encoding no longer.")]
    [property: Range(0, Limits.MaxWaitSeconds)]
        int WaitSeconds = 20
);
