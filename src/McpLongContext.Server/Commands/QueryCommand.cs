using System.CommandLine;
using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Answers a question with evidence.</summary>
internal sealed class QueryCommand : ServiceCommand
{
    private readonly Argument<string> _question = new("QUESTION")
    {
        Description = "The question; identifiers and \"quoted phrases\" in it always rank.",
    };

    private readonly Option<string> _datastore = CommonOptions.Datastore("The datastore to ask.");

    private readonly Option<int?> _maxTokens = CommonOptions.Number(
        "--max-tokens",
        "Budget of the returned text, in tokens (of the vocabulary o200k).",
        Limits.MinEvidenceTokens,
        Limits.MaxEvidenceTokens,
        otherwise: 4000
    );

    private readonly Option<int?> _top = CommonOptions.Number(
        "--top",
        "Most passages to return; left out, the budget decides.",
        1,
        Limits.MaxTopK
    );

    private readonly Option<string?> _path = new("--path")
    {
        Description = "Only documents whose path matches, for example 'src/**/*.cs'.",
        HelpName = "GLOB",
    };

    private readonly Option<string?> _cursor = new("--cursor")
    {
        Description = "Continue after the page that printed it.",
        HelpName = "CURSOR",
    };

    private readonly Option<AnswerMode> _answer = CommonOptions.Choice<AnswerMode>(
        "--answer",
        "Whether a local chat model answers from the evidence: auto when one is installed."
    );

    private readonly Option<MemoryKind> _memory = CommonOptions.Memory(
        "What the chat model reads: the passages found, or the whole datastore by its own attention."
    );

    public QueryCommand(GlobalOptions global)
        : base("query", "Find the passages that answer a question.", global)
    {
        Arguments.Add(_question);
        Options.Add(_datastore);
        Options.Add(_maxTokens);
        Options.Add(_top);
        Options.Add(_path);
        Options.Add(_cursor);
        Options.Add(_answer);
        Options.Add(_memory);
    }

    /// <inheritdoc/>
    protected override LongContextOptions Adapt(LongContextOptions options, ParseResult parsed) =>
        options with
        {
            ReadsAllSources = true,
        };

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var parsed = call.Parsed;
        var request = new QueryRequest
        {
            Question = parsed.GetValue(_question)!,
            Datastore = parsed.GetValue(_datastore)!,
            MaxTokens = parsed.GetValue(_maxTokens)!.Value,
            TopK = parsed.GetValue(_top),
            PathGlob = parsed.GetValue(_path),
            Memory = parsed.GetValue(_memory),
            Cursor = parsed.GetValue(_cursor),
        };
        var mode = parsed.GetValue(_answer);
        var evidence = await call.Get<Retriever>().QueryAsync(request, cancellation);
        if (call.Json)
        {
            var answer = await call.Get<AnswerWriter>()
                .WriteAsync(request, evidence, mode, limit: null, progress: null, cancellation);
            await call.WriteAsync(evidence with { Answer = answer }, static _ => "");
            return CommandLine.Done;
        }

        // A person reads the evidence while the model writes.
        await call.WriteAsync(evidence, static result => EvidenceText.Render(result, detailed: false));
        var late = await call.Get<AnswerWriter>()
            .WriteAsync(request, evidence, mode, limit: null, progress: null, cancellation);
        await call.WriteAsync(late, static answer => answer is null ? "" : AnswerText.Render(answer));
        return CommandLine.Done;
    }
}
