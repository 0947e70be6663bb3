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
    Lazy<Retriever> retriever,
    Lazy<AnswerWriter> answers,
    TimeProvider time,
    ILogger<QueryLongContext> logger
)
    : ContextTool<QueryArguments, QueryResult>(
        new ToolText(
            "query_long_context",
            "Query long context",
            "Finds the passages that answer a question in an ingested repository, book or transcript, ranked, with "
                + "citations path:start-end and numbered lines, inside a token budget. Use it before reading or "
                + "grepping many files: for questions in plain words (\"where are retries configured?\"), for "
                + "identifiers, error messages and \"quoted phrases\" (exact matches always rank), for who said what "
                + "in a meeting. Ingest with ingest_document first; call list_datastores when unsure what is there. "
                + "Narrow with path_glob, page with cursor. Cite the evidence by its citation; the definitions in it "
                + "and its best lines are named beside it, the best sentences of long lines stand in «». A small local chat model adds a short answer only where answer asks for one: "
                + "check it against the evidence."
        ),
        new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true },
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
    [property: Description(
        "The question, in plain words; put exact phrases in double quotes. At most about 8,000 characters."
    )]
        string Question,
    [property: Description("The datastore to ask.")] string Datastore = "default",
    [property: Description("Budget of the returned text in tokens (of the vocabulary o200k).")]
    [property: Range(Limits.MinEvidenceTokens, Limits.MaxEvidenceTokens)]
        int MaxTokens = 4000,
    [property: Description("Most passages to return; left out, the budget decides.")]
    [property: Range(1, Limits.MaxTopK)]
        int? TopK = null,
    [property: Description("Only documents whose path matches, for example src/**/*.cs")] string? PathGlob = null,
    [property: Description(
        "Whether a local chat model answers from the evidence: never, auto (when one is installed, within 10 seconds), "
            + "always (within 45 seconds)."
    )]
        AnswerMode Answer = AnswerMode.Never,
    [property: Description(
        "What the chat model reads for its answer: window (the passages found), or unlimiformer (its own retrieval "
            + "attention over every token of the datastore; the answer cites the lines that it attended to most), or infini (the "
            + "passages, with a memory of constant size of all documents after them, which needs a trained adapter). The "
            + "memory that this needs is built in the background once asked for; the answer says how much is in it."
    )]
        MemoryKind Memory = MemoryKind.Window,
    [property: Description("concise: citations and lines; detailed: also scores and search statistics.")]
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
