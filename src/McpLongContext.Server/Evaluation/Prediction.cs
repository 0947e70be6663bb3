using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Server.Evaluation;

/// <summary>The passages found for a question.</summary>
/// <param name="Id">The question's id.</param>
/// <param name="Passages">The passages, best first.</param>
internal sealed record Prediction(JsonElement Id, IReadOnlyList<PredictedPassage> Passages)
{
    /// <summary>The highlights of the passages, best first.</summary>
    public required IReadOnlyList<string> Highlights { get; init; }

    /// <summary>The answer of a local model; empty where it did not, null where none was asked.</summary>
    public string? Answer { get; init; }

    /// <summary>The outcome of the answer; null where none was asked.</summary>
    public AnswerState? AnswerState { get; init; }

    /// <summary>Why there is no answer.</summary>
    public string? Reason { get; init; }

    /// <summary>Seconds that the answer took.</summary>
    public double? Seconds { get; init; }

    public static Prediction Create(Question question, IReadOnlyList<Evidence> ranked, LocalAnswer? answer) =>
        new(question.Id, [.. ranked.Select(PredictedPassage.Create)])
        {
            Highlights =
            [
                .. ranked
                    .SelectMany(evidence => evidence.Highlights)
                    .OrderByDescending(highlight => highlight.Score)
                    .Select(highlight => highlight.Text),
            ],
            Answer = answer is null ? null : answer.Text ?? "",
            AnswerState = answer?.State,
            Reason = answer?.Reason,
            Seconds = answer?.Seconds,
        };
}

/// <summary>A passage that was found.</summary>
/// <param name="Doc">The document.</param>
/// <param name="StartLine">First line, 1-based.</param>
/// <param name="EndLine">Last line, inclusive.</param>
/// <param name="Words">The number of words, for comparisons at an equal budget.</param>
/// <param name="Tokens">The number of tokens, the same as agents count.</param>
/// <param name="Score">The score, higher is better; comparable within a question.</param>
internal sealed record PredictedPassage(string Doc, int StartLine, int EndLine, int Words, int Tokens, double Score)
{
    public static PredictedPassage Create(Evidence evidence) =>
        new(
            evidence.Path,
            evidence.StartLine,
            evidence.EndLine,
            evidence.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
            TokenCounter.Count(evidence.Text),
            evidence.Score
        );
}
