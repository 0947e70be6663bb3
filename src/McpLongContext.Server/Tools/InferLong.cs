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
            "Reads a text, a document or the documents of a datastore through a local language model, in overlapping "
                + "windows that cover every token once. Use it to find the lines a model expects least (mode score: "
                + "perplexity, entropy, most surprising spans with citations), to continue a text (generate), or to "
                + "apply one instruction to every window of a text that is too long to read (map: outputs with the "
                + "lines they cover). With bits or a file of any kind (binaries, logs): the byte offsets that a model of "
                + "bits expects least. Mode generate with memory "
                + "unlimiformer writes once, from all documents together. Small models make mistakes: check outputs "
                + "against the cited lines. A long text takes several calls: while the result has next_cursor, repeat the call with it. A cancelled call "
                + "keeps its finished windows, and the same call again continues after them. Needs an installed "
                + "generative model; the error says how to get one."
        ),
        new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true },
        logger
    )
{
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
            CtxBits = arguments.CtxBits,
            OverlapBits = arguments.OverlapBits,
            Mode = arguments.Mode,
            Instruction = arguments.Instruction,
            Memory = arguments.Memory,
            Window = arguments.Window,
            Overlap = arguments.Overlap,
            MaxNewTokens = arguments.MaxNewTokens,
            Model = arguments.Model,
            MaxWindows = arguments.MaxWindows,
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
    [property: Description("A text; or give document, or datastore.")] string? Text = null,
    [property: Description("A document of the datastore, by the path that citations show.")] string? Document = null,
    [property: Description("The datastore of document; alone or with path_glob: all its documents, one by one.")]
        string? Datastore = null,
    [property: Description("Only documents of the datastore whose path matches, for example src/**/*.cs")]
        string? PathGlob = null,
    [property: Description("Bits instead of a text, as the characters 0 and 1, whole bytes.")] string? Bits = null,
    [property: Description("A file of any kind beneath the allowed roots, read bit by bit.")] string? File = null,
    [property: Description("Bits of a window of bits or file; left out, 4096, at most the model's window.")]
    [property: Range(1, int.MaxValue)]
        int? CtxBits = null,
    [property: Description("Bits of such a window that the window before covers; left out, 256.")]
    [property: Range(1, int.MaxValue)]
        int? OverlapBits = null,
    [property: Description(
        "score: how well the model predicts the text; generate: continue its end; map: follow instruction for each window."
    )]
        InferenceMode Mode = InferenceMode.Score,
    [property: Description(
        "What to do with each window, for mode map: for example, list the decisions made. With a memory: what to write."
    )]
        string? Instruction = null,
    [property: Description(
        "What the model reads in mode generate: window (the end of each text; the default), or unlimiformer (whatever its "
            + "retrieval attention selects for instruction among all tokens of the text or the documents), or infini (a "
            + "memory of constant size of a datastore or of text, which has an influence with a trained adapter only)."
    )]
        MemoryKind? Memory = null,
    [property: Description(
        "Tokens of a window, prompt and new tokens included; left out, the model's trained window, at most 4096."
    )]
    [property: Range(1, int.MaxValue)]
        int? Window = null,
    [property: Description(
        "Share of a window that the window before covers; left out, the datastore's (set_chunking)."
    )]
    [property: Range(0.0, ChunkSettings.MaxOverlap)]
        double? Overlap = null,
    [property: Description("Most tokens written in a window, for generate and map; left out, 128.")]
    [property: Range(1, Limits.MaxNewTokens)]
        int? MaxNewTokens = null,
    [property: Description("An installed generative model; left out, the default one.")] string? Model = null,
    [property: Description("Most windows in this call.")]
    [property: Range(1, Limits.MaxCallWindows)]
        int MaxWindows = 50,
    [property: Description("No window is begun after this time; one at least is done.")]
    [property: Range(0, Limits.MaxWaitSeconds)]
        int WaitSeconds = 40,
    [property: Description("Continues after the call that returned it; repeat the other arguments.")]
        string? Cursor = null
);
