using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using McpLongContext.Context;
using McpLongContext.Context.Retrieval;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that answers questions with cited evidence.</summary>
internal sealed class QueryLongContext(Lazy<LongContextService> service, ILogger logger)
    : ContextTool<QueryArguments, QueryResult>(
        new ToolText(
            "query_long_context",
            "Query long context",
            "Finds the passages that answer a question in an ingested repository, book or transcript, ranked, with "
                + "citations path:start-end and numbered lines, inside a token budget. Use it before reading or "
                + "grepping many files: for questions in plain words (\"where are retries configured?\"), for "
                + "identifiers, error messages and \"quoted phrases\" (exact matches always rank), for who said what "
                + "in a meeting. Ingest with ingest_document first; call list_datastores when unsure what is there. "
                + "Narrow with path_glob, page with cursor. Cite the evidence by its citation."
        ),
        new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true },
        logger
    )
{
    /// <inheritdoc/>
    protected override async Task<ToolResult<QueryResult>> RunAsync(
        QueryArguments arguments,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        if (arguments.Answer == AnswerMode.Always)
        {
            throw new ContextException(
                "answer: \"always\" needs a local generative model, which this version does not have; "
                    + "ask with \"auto\" or \"never\" and answer from the evidence."
            );
        }

        var result = await service.Value.QueryAsync(
            new QueryRequest
            {
                Question = arguments.Question,
                Datastore = arguments.Datastore,
                MaxTokens = arguments.MaxTokens,
                TopK = arguments.TopK,
                PathGlob = arguments.PathGlob,
                Cursor = arguments.Cursor,
            },
            cancellationToken
        );
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
    [property: Description("Budget of the returned text in tokens of about four characters.")]
    [property: Range(50, 20000)]
        int MaxTokens = 4000,
    [property: Description("Most passages to return; left out, the budget decides.")]
    [property: Range(1, 200)]
        int? TopK = null,
    [property: Description("Only documents whose path matches, for example src/**/*.cs")] string? PathGlob = null,
    [property: Description(
        "Whether a local model writes an answer from the evidence: auto (when one is installed), never, always."
    )]
        AnswerMode Answer = AnswerMode.Auto,
    [property: Description("concise: citations and lines; detailed: also scores and search statistics.")]
        ResponseFormat ResponseFormat = ResponseFormat.Concise,
    [property: Description("Continues behind the page that returned it; repeat the other arguments.")]
        string? Cursor = null
);

/// <summary>When an answer is generated.</summary>
internal enum AnswerMode
{
    /// <summary>When a generative model is installed.</summary>
    Auto,

    /// <summary>Evidence only.</summary>
    Never,

    /// <summary>An error when it cannot be.</summary>
    Always,
}

/// <summary>How much a result says.</summary>
internal enum ResponseFormat
{
    /// <summary>Citations and lines.</summary>
    Concise,

    /// <summary>Scores and statistics, too.</summary>
    Detailed,
}
