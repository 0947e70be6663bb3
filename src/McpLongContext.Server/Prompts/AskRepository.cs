using McpLongContext.Server.Protocol;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Prompts;

/// <summary>The prompt that answers a question about a repository from cited lines.</summary>
internal sealed class AskRepository()
    : ContextPrompt(
        new Prompt
        {
            Name = "ask_repository",
            Title = "Ask a repository",
            Description = "Answers a question about a repository from its own lines, with citations.",
            Arguments =
            [
                new PromptArgument
                {
                    Name = "question",
                    Description = "What to find out about the repository",
                    Required = true,
                },
                new PromptArgument
                {
                    Name = "path",
                    Description = "The repository's directory; the working directory when left out",
                },
            ],
        }
    )
{
    /// <inheritdoc/>
    protected override string Write(IReadOnlyDictionary<string, string> arguments) =>
        $"""
            Answer this question about the repository at {arguments.GetValueOrDefault("path", ".")}:

            {arguments["question"]}

            1. Call ingest_document with that path, so that the datastore is up to date; unchanged files cost nothing.
            2. Call query_long_context with the question. Then ask again with the identifiers and terms that the
               evidence shows, until definition, callers and configuration are covered; narrow with path_glob.
            3. Answer from the evidence only. Put the citation path:start-end after every statement, quote code only
               as returned, and say plainly what the evidence does not show.
            """;
}
