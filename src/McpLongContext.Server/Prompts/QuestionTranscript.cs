using McpLongContext.Server.Protocol;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Prompts;

/// <summary>The prompt that answers a question about a conversation from cited turns.</summary>
internal sealed class QuestionTranscript()
    : ContextPrompt(
        new Prompt
        {
            Name = "question_transcript",
            Title = "Question a transcript",
            Description = "Answers a question about a meeting, chat or interview from its turns, with citations.",
            Arguments =
            [
                new PromptArgument
                {
                    Name = "question",
                    Description = "What to find out from the transcript",
                    Required = true,
                },
                new PromptArgument
                {
                    Name = "path",
                    Description = "The transcript's file or directory",
                    Required = true,
                },
            ],
        }
    )
{
    /// <inheritdoc/>
    protected override string Write(IReadOnlyDictionary<string, string> arguments) =>
        $"""
            Answer this question from the transcript at {arguments["path"]}:

            {arguments["question"]}

            1. Call ingest_document with that path; unchanged files cost nothing.
            2. Call query_long_context with the question. Ask again for every person, date and topic that the question
               or the evidence names: what was said is often taken up, corrected or decided later.
            3. Answer with who said it and when, and the citation path:start-end after every statement. Where turns
               contradict each other the later one counts; say so. Say plainly what was not discussed.
            """;
}
