using System.Globalization;
using McpLongContext.Context.Answers;

namespace McpLongContext.Server.Output;

/// <summary>Answers of a local model in words, a line each.</summary>
internal static class AnswerText
{
    /// <summary>Where an answer stands.</summary>
    public static string Progress(AnswerProgress progress) =>
        progress.Tokens == 0
            ? "evidence found; the local model reads it"
            : $"evidence found; the local model answers: {IngestText.Count(progress.Tokens, "token")}";

    /// <summary>The answer with its citations, or why there is none.</summary>
    public static string Render(LocalAnswer answer) =>
        answer.State switch
        {
            AnswerState.Answered => string.Create(
                CultureInfo.InvariantCulture,
                $"Answer by {answer.Model} ({answer.Seconds:0.0} s): {VisibleText.Name(answer.Text!)} "
                    + $"[{string.Join(", ", answer.Citations.Select(VisibleText.Name))}]"
            ),
            AnswerState.Unavailable => $"No local answer. {VisibleText.Name(answer.Reason!)}",
            _ => $"No local answer: {VisibleText.Name(answer.Reason!)}.",
        };
}
