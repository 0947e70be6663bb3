using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that answers questions with cited evidence.</summary>
internal sealed class QueryLongContext(
    Lazy<IRetriever> retriever,
    Lazy<AnswerWriter> answers,
    TimeProvider time,
    ILogger<QueryLongContext> logger
)
    : ContextTool<QueryArguments, QueryResult>(
        new ToolText(
            "query_long_context",
            "Query long context",
            "Finds the lines that answer a question in an ingested repository, book or transcript: ranked "
                + "evidence with citations path:start-end, inside a token budget. Use it before reading or "
                + "grepping many files: for questions in plain words (\"where are retries configured?\"), "
                + "identifiers, error messages and \"quoted phrases\" (exact matches always rank), who said what "
                + "in a meeting. Ingest with ingest_document first; list_datastores shows what is there. Cite "
                + "the evidence by its citation; its best lines are named, best sentences stand in «». With answer, a small local model adds a short answer: check it "
                + "against the evidence."
        ),
        new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true },
        ToolJson.Options,
        logger
    )
{
    /// <inheritdoc/>
    protected override async Task<ToolResult<QueryResult>> RunAsync(
        QueryArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var request = new QueryRequest
        {
            Question = arguments.Question,
            Datastore = arguments.Datastore,
            MaxTokens = arguments.MaxTokens,
            TopK = arguments.TopK,
            PathGlob = arguments.PathGlob,
            Memory = arguments.Memory,
            Cursor = arguments.Cursor,
        };
        var evidence = await retriever.Value.QueryAsync(request, cancellation);
        await using var progress = new ProgressNotifications<AnswerProgress>(
            call,
            AnswerText.Progress,
            static (before, now) => before.Tokens > 0 == now.Tokens > 0,
            time
        );
        // Only an answer reads another memory kind than the passages found, so that who names one wants an answer.
        var mode = arguments is { Answer: AnswerMode.Never, Memory: not MemoryKind.Window }
            ? AnswerMode.Auto
            : arguments.Answer;
        var answer = await answers.Value.WriteAsync(request, evidence, mode, limit: null, progress, cancellation);
        var result = evidence with { Answer = answer };
        return new(EvidenceText.Render(result, arguments.ResponseFormat == ResponseFormat.Detailed), result);
    }
}

/// <summary>The arguments of <see cref="QueryLongContext"/>.</summary>
internal sealed record QueryArguments(
    [property: Description("In plain words; exact phrases in double quotes. At most 8,000 characters.")]
        string Question,
    [property: Description("Where to search.")] string Datastore = "default",
    [property: Description("Budget of the returned text, tokens of o200k.")]
    [property: Range(Limits.MinEvidenceTokens, Limits.MaxEvidenceTokens)]
        int MaxTokens = 4000,
    [property: Description("Most results; left out, the budget decides.")]
    [property: Range(1, Limits.MaxTopK)]
        int? TopK = null,
    [property: Description("Only matching documents, for example src/**/*.cs")] string? PathGlob = null,
    [property: Description(
        "A local chat model answers: never, auto (if installed, within 10 s), always (within 45 s)."
    )]
        AnswerMode Answer = AnswerMode.Never,
    [property: Description(
        "What that model reads: window (the evidence), unlimiformer (its retrieval attention over the whole datastore, cited), infini (the evidence and a compressive memory; needs a trained adapter)."
    )]
        MemoryKind Memory = MemoryKind.Window,
    [property: Description("detailed adds scores and statistics.")]
        ResponseFormat ResponseFormat = ResponseFormat.Concise,
    [property: Description("Continues after the page that returned it; repeat the other arguments.")]
        string? Cursor = null
);

/// <summary>How much a result says.</summary>
internal enum ResponseFormat
{
    /// <summary>Citations and lines.</summary>
    Concise,

    /// <summary>Scores and statistics, too.</summary>
    Detailed,
}
