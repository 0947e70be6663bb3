using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpLongContext.Benchmarks.Retrieval;

/// <summary>
/// How right the answers of <c>mcp-long-context eval --answer</c> are. An answer is correct where it has all words of a gold
/// answer, or shares half of its words with one (token F1 of 0.5, as SQuAD computes it: without case, punctuation and
/// articles); an unanswerable question by none. Questions without gold answers that are not called unanswerable are left out.
/// </summary>
internal static partial class AnswerScore
{
    private const double EnoughShared = 0.5;

    /// <summary>Prints the scores of a set.</summary>
    /// <param name="questions">JSON lines with id, answers, and unanswerable where that is so.</param>
    /// <param name="predictions">JSON lines with id, answer and answer_state; those without a state are left out.</param>
    /// <param name="output">Where the scores go, in percent.</param>
    public static void Run(string questions, string predictions, TextWriter output)
    {
        var asked = Read(questions).ToDictionary(line => line.GetProperty("id").ToString());
        Judged[] judged =
        [
            .. Read(predictions)
                .Where(line => line.TryGetProperty("answer_state", out var state) && state.GetString() is not null)
                .Select(line => Judge(line, asked[line.GetProperty("id").ToString()]))
                .OfType<Judged>(),
        ];
        Print("answerable", [.. judged.Where(one => one.IsAnswerable)], output);
        Print("unanswerable", [.. judged.Where(one => !one.IsAnswerable)], output);
    }

    private static void Print(string name, Judged[] judged, TextWriter output)
    {
        if (judged.Length == 0)
        {
            return;
        }

        var answered = judged.Where(one => one.IsAnswered).ToArray();
        var right = answered.Count(one => one.F1 >= EnoughShared);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"answers, {judged.Length} {name}: answered {Share(answered.Length)}, correct {Share(right)}, "
                    + $"wrong {Share(answered.Length - right)}, withheld {Share(judged.Length - answered.Length)}, "
                    + $"of these before the model was asked {Share(judged.Count(one => one.IsThin))}; "
                    + $"mean F1 of answers {100 * answered.Select(one => one.F1).DefaultIfEmpty().Average():0.0}, "
                    + $"seconds at the median {judged.Select(one => one.Seconds).Order().ElementAt(judged.Length / 2):0.0}"
            )
        );

        string Share(int count) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * count / judged.Length:0.0}");
    }

    private static Judged? Judge(JsonElement prediction, JsonElement question)
    {
        var unanswerable = question.TryGetProperty("unanswerable", out var flag) && flag.GetBoolean();
        string[] gold =
            !unanswerable && question.TryGetProperty("answers", out var answers)
                ? [.. answers.EnumerateArray().Select(answer => answer.ToString())]
                : [];
        if (!unanswerable && gold.Length == 0)
        {
            return null;
        }

        var answer = prediction.GetProperty("answer").GetString()!;
        var answered = prediction.GetProperty("answer_state").GetString() == "answered";
        return new Judged(
            !unanswerable,
            answered,
            !answered
                && prediction.GetProperty("reason").GetString()!.StartsWith("the evidence", StringComparison.Ordinal),
            gold.Select(one => Likeness(answer, one)).DefaultIfEmpty().Max(),
            prediction.GetProperty("seconds").GetDouble()
        );
    }

    /// <summary>Token F1; 1 where the answer has all words of the gold one.</summary>
    private static double Likeness(string answer, string gold)
    {
        var (found, wanted) = (Words(answer), Words(gold));
        var left = wanted.ToList();
        var shared = found.Count(left.Remove);
        return shared == wanted.Length ? 1 : 2.0 * shared / Math.Max(1, found.Length + wanted.Length);
    }

    private static string[] Words(string text) =>
        [
            .. Word()
                .Matches(text.ToLowerInvariant())
                .Select(match => match.Value)
                .Where(word => word is not ("a" or "an" or "the" or "and")),
        ];

    private static IEnumerable<JsonElement> Read(string file) =>
        File.ReadLines(file)
            .Where(line => line.Length > 0)
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line));

    [GeneratedRegex(@"[\p{L}\p{N}]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();

    private sealed record Judged(bool IsAnswerable, bool IsAnswered, bool IsThin, double F1, double Seconds);
}
