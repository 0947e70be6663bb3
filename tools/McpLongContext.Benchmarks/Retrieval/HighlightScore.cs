using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpLongContext.Benchmarks.Retrieval;

/// <summary>
/// How often the text that is highlighted contains a gold answer: all words of one, without case, punctuation and
/// articles, in the first so many words, the best highlights first. Beside it the first words of the passages, for a
/// reader without highlights.
/// </summary>
internal static partial class HighlightScore
{
    private static readonly int[] s_words = [50, 100];

    /// <summary>Prints the scores of a set.</summary>
    /// <param name="questions">JSON lines with id and answers; unanswerable ones are left out.</param>
    /// <param name="predictions">JSON lines with id, highlights and passages.</param>
    /// <param name="documents">The folder that documents are named relative to.</param>
    /// <param name="output">Where the scores go, in percent.</param>
    public static void Run(string questions, string predictions, string documents, TextWriter output)
    {
        var found = RetrievalScore.Read(predictions).ToDictionary(line => line.GetProperty("id").ToString());
        var lines = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var asked = RetrievalScore
            .Read(questions)
            .Select(line => (Answers: Answers(line), Found: found.GetValueOrDefault(line.GetProperty("id").ToString())))
            .Where(one => one.Answers.Length > 0 && one.Found.ValueKind == JsonValueKind.Object)
            .ToArray();
        foreach (var words in s_words)
        {
            Print($"highlights, {words} words", Highlights, words);
            Print($"first {words} words of the passages", Passages, words);
        }

        void Print(string name, Func<JsonElement, string> text, int words) =>
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}: {100.0 * asked.Count(one => Contains(Start(text(one.Found), words), one.Answers)) / asked.Length:0.0} of {asked.Length} answers"
                )
            );

        string Passages(JsonElement prediction) =>
            string.Join(
                ' ',
                prediction
                    .GetProperty("passages")
                    .EnumerateArray()
                    .SelectMany(passage =>
                    {
                        var document = passage.GetProperty("doc").GetString()!;
                        if (!lines.TryGetValue(document, out var text))
                        {
                            lines[document] = text = File.ReadAllLines(Path.Combine(documents, document));
                        }

                        var first = passage.GetProperty("start_line").GetInt32() - 1;
                        return text[first..passage.GetProperty("end_line").GetInt32()];
                    })
            );
    }

    private static string Highlights(JsonElement prediction) =>
        string.Join(' ', prediction.GetProperty("highlights").EnumerateArray().Select(one => one.GetString()));

    private static string[][] Answers(JsonElement question) =>
        question.TryGetProperty("unanswerable", out var flag) && flag.GetBoolean() ? []
        : !question.TryGetProperty("answers", out var answers) ? []
        : [.. answers.EnumerateArray().Select(one => Words(one.ToString())).Where(words => words.Length > 0)];

    private static string Start(string text, int words) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(words));

    private static bool Contains(string text, string[][] answers)
    {
        var words = Words(text).ToHashSet(StringComparer.Ordinal);
        return answers.Any(answer => answer.All(words.Contains));
    }

    private static string[] Words(string text) =>
        [
            .. Word()
                .Matches(text.ToLowerInvariant())
                .Select(match => match.Value)
                .Where(word => word is not ("a" or "an" or "the" or "and")),
        ];

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
