using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpLongContext.Training.Language;

/// <summary>A document and its summary: a line of a JSON lines file.</summary>
/// <param name="Document">The document.</param>
/// <param name="Summary">The document's summary.</param>
internal sealed record SummaryPair(
    [property: JsonPropertyName("document")] string Document,
    [property: JsonPropertyName("summary")] string Summary
)
{
    /// <summary>Reads pairs.</summary>
    /// <param name="path">A file with an object of <c>document</c> and <c>summary</c> a line.</param>
    /// <exception cref="TrainingException">The file cannot be read, or a line is no pair.</exception>
    public static IReadOnlyList<SummaryPair> Read(string path)
    {
        try
        {
            return
            [
                .. File.ReadLines(path)
                    .Select((line, index) => (Line: line, Number: index + 1))
                    .Where(one => one.Line.Length > 0)
                    .Select(one => Parse(path, one.Line, one.Number)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"--pairs {path}: cannot be read: {e.Message}", e);
        }
    }

    private static SummaryPair Parse(string path, string line, int number)
    {
        try
        {
            if (JsonSerializer.Deserialize<SummaryPair>(line) is { Document.Length: > 0, Summary.Length: > 0 } pair)
            {
                return pair;
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new TrainingException(
            $"--pairs {path}, line {number}: expected {{\"document\": \"...\", \"summary\": \"...\"}}, both not empty."
        );
    }
}
