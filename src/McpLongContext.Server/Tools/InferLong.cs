using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that reads long texts through a generative model.</summary>
internal sealed class InferLong(Lazy<LongInferrer> inferrer, TimeProvider time, ILogger<InferLong> logger)
    : ContextTool<InferArguments, LongInferenceReport>(
        new ToolText(
            "infer_long",
            "Long inference",
            "Reads a text, a document, a whole datastore or any file through a local model, window by "
                + "window. Use it to find the lines the model expects least (mode score: perplexity, entropy, "
                + "cited spans), to continue a text (generate), or to apply one instruction to every window of "
                + "a text too long to read (map, with cited lines). Small models err: check outputs against the "
                + "cited lines. bits or file: the bytes that a bit model expects least. While the result has next_cursor, repeat the call with it. Needs an installed "
                + "generative model; the error says how to get one."
        ),
        new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true },
        ToolJson.Options,
        logger
    )
{
    private const int DefaultWindows = 50;

    /// <inheritdoc/>
    protected override async Task<ToolResult<LongInferenceReport>> RunAsync(
        InferArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var request = new LongInferenceRequest
        {
            Text = arguments.Text,
            Document = arguments.Document,
            Datastore = arguments.Datastore,
            PathGlob = arguments.PathGlob,
            Bits = arguments.Bits,
            File = arguments.File,
            Roots = call.Access.Roots,
            MayStore = call.Access.Allows(Scopes.Ingest),
            CtxBits = arguments.CtxBits,
            OverlapBits = arguments.OverlapBits,
            Mode = arguments.Mode,
            Instruction = arguments.Instruction,
            Memory = arguments.Memory,
            Window = arguments.Window,
            Overlap = arguments.Overlap,
            MaxNewTokens = arguments.MaxNewTokens,
            Model = arguments.Model,
            MaxWindows = arguments.MaxWindows ?? (arguments is { Bits: null, File: null } ? DefaultWindows : null),
            ListedWindows = arguments.MaxWindows ?? DefaultWindows,
            Wait = TimeSpan.FromSeconds(arguments.WaitSeconds),
            Cursor = arguments.Cursor,
        };
        await using var progress = new ProgressNotifications<LongInferenceProgress>(
            call,
            InferenceText.Progress,
            static (before, now) => (before.Document, before.Window) == (now.Document, now.Window),
            time
        );
        var report = await inferrer.Value.InferAsync(request, progress, cancellation);
        return new(InferenceText.Render(report), report);
    }
}

/// <summary>The arguments of <see cref="InferLong"/>.</summary>
internal sealed record InferArguments(
    [property: Description("A text; or give document or datastore.")] string? Text = null,
    [property: Description("A document by its path in citations.")] string? Document = null,
    [property: Description("The datastore of document; without document, all its documents.")] string? Datastore = null,
    [property: Description("Only matching documents.")] string? PathGlob = null,
    [property: Description("Instead of a text: characters 0 and 1, whole bytes.")] string? Bits = null,
    [property: Description("Any file under the allowed roots, read bit by bit.")] string? File = null,
    [property: Description("Bits of a window; left out, 4096.")] [property: Range(1, int.MaxValue)] int? CtxBits = null,
    [property: Description("Left out, 256.")] [property: Range(1, int.MaxValue)] int? OverlapBits = null,
    [property: Description(
        "score: predict the text; generate: continue it; map: follow instruction in each window; summarize: all of it at once, by a T5 or BART."
    )]
        InferenceMode Mode = InferenceMode.Score,
    [property: Description(
        "For map, summarize by T5, or what to write with a memory; for example, list the decisions made."
    )]
        string? Instruction = null,
    [property: Description(
        "For generate: window (the end of the text), unlimiformer (retrieval attention over all tokens), infini (compressive memory; needs a trained adapter)."
    )]
        MemoryKind? Memory = null,
    [property: Description("Tokens, output included; left out, the trained window, at most 4096.")]
    [property: Range(1, int.MaxValue)]
        int? Window = null,
    [property: Description("Share of a window; left out, the datastore's.")]
    [property: Range(0.0, ChunkSettings.MaxOverlap)]
        double? Overlap = null,
    [property: Description("Per window; left out, 128.")]
    [property: Range(1, Limits.MaxNewTokens)]
        int? MaxNewTokens = null,
    [property: Description("Left out, the default one.")] string? Model = null,
    [property: Description("Left out, 50; of bits or a file, no bound.")]
    [property: Range(1, Limits.MaxCallWindows)]
        int? MaxWindows = null,
    [property: Description("No window begins later.")] [property: Range(0, Limits.MaxWaitSeconds)] int WaitSeconds = 40,
    [property: Description("Continues the call that returned it; repeat the other arguments.")] string? Cursor = null
);
