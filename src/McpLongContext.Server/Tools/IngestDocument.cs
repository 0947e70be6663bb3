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
    Lazy<Ingestor> ingestor,
    Lazy<FreshnessKeeper> freshness,
    LongContextOptions options,
    TimeProvider time,
    ILogger<IngestDocument> logger
)
    : ContextTool<IngestArguments, IngestReport>(
        new ToolText(
            "ingest_document",
            "Ingest document",
            "Stores a file, a directory (recursive, .gitignore respected) or a text in a persistent local datastore, "
                + "so that query_long_context can answer questions about it with citations. Use it once for a "
                + "repository, book, log or transcript that is too long to read. Changed files are read again by the "
                + "next query, or with watch as they change; vanished ones are removed. Give either path, or text and name. "
                + "Everything is searchable lexically (BM25) within seconds; deeper encoding that is not done after "
                + "wait_seconds continues in the background (ask ingest_status with the returned job). Cancelling the "
                + "call stops the job and keeps what is stored. Returns counts and the skipped files with reasons."
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
    protected override async Task<ToolResult<IngestReport>> RunAsync(
        IngestArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var request = new IngestRequest
        {
            Paths = arguments.Path is { } path ? [path] : [],
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
        freshness.Value.Watch(request.Datastore);
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
        "A file or directory under the server's allowed roots; a relative path starts at its working directory."
    )]
        string? Path = null,
    [property: Description("A text to store instead of a path; needs name.")] string? Text = null,
    [property: Description("The document name that citations of text show, for example meetings/2024-05-01.md")]
        string? Name = null,
    [property: Description("The datastore to store in; created when missing. One per project is a good habit.")]
        string Datastore = "default",
    [property: Description(
        "unlimiformer: also build the memory that query_long_context and infer_long read with memory unlimiformer; it "
            + "takes a decoder about a minute for 40,000 tokens, in the background, and 72 bytes a token. infini: the "
            + "compressive memory of constant size; it passes all of the decoder's layers and takes two to three times as long."
    )]
        MemoryKind Memory = MemoryKind.Window,
    [property: Description(
        "true: changes of the path are ingested as they happen, now and whenever a server uses the datastore; false ends "
            + "that. Without it, changed files are read again when a query needs them."
    )]
        bool? Watch = null,
    [property: Description("How long to wait for the encoding before it continues in the background.")]
    [property: Range(0, Limits.MaxWaitSeconds)]
        int WaitSeconds = 20
);
