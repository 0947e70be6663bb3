using System.Globalization;
using System.Text.Json;

namespace McpLongContext.Benchmarks.Retrieval;

/// <summary>
/// How well the predictions of <c>mcp-long-context eval</c> match gold evidence: the share of gold spans that the first
/// passages overlap (recall at k passages and at a number of returned words), and the mean reciprocal rank (MRR) of the
/// first that overlaps one. The same by file, a file's score being the sum of its best three passages, weighted 1, 1/2
/// and 1/4.
/// </summary>
internal static class RetrievalScore
{
    private static readonly int[] s_passages = [1, 5, 10, 20];
    private static readonly int[] s_budgets = [500, 1000, 2000];
    private static readonly double[] s_passagesOfFile = [1, 0.5, 0.25];

    /// <summary>Prints the scores of a set.</summary>
    /// <param name="questions">JSON lines with id and gold: [{doc, start_line, end_line}], lines 1-based.</param>
    /// <param name="predictions">JSON lines with id and passages: [{doc, start_line, end_line, words, tokens, score}], best first.</param>
    /// <param name="category">Scores only questions of this category; <see langword="null"/> for all.</param>
    /// <param name="output">Where the scores go, in percent.</param>
    public static void Run(string questions, string predictions, string? category, TextWriter output)
    {
        var found = Read(predictions).ToDictionary(line => line.GetProperty("id").GetString()!, Passages);
        var asked = Asked(questions)
            .Where(line => category is null || line.GetProperty("category").GetString() == category)
            .Select(line =>
                (Gold: Gold(line), Ranked: found.GetValueOrDefault(line.GetProperty("id").GetString()!, []))
            )
            .ToArray();
        Print("passages", [.. asked.Select(one => new GoldRanking(one.Gold, one.Ranked))], s_budgets, output);
        Print("files", [.. asked.Select(one => new GoldRanking(Files(one.Gold), RankFiles(one.Ranked)))], [], output);
    }

    private static void Print(string unit, GoldRanking[] rankings, int[] budgets, TextWriter output)
    {
        string Mean(string name, Func<GoldRanking, double> score) =>
            string.Create(CultureInfo.InvariantCulture, $"{name} {100 * rankings.Average(score):0.0}");
        var scores = new[] { Mean("MRR", ranking => ranking.ReciprocalRank) }
            .Concat(s_passages.Select(k => Mean($"recall@{k}", ranking => ranking.RecallAt(k))))
            .Concat(budgets.Select(words => Mean($"recall@{words}w", ranking => ranking.RecallAtWords(words))))
            .Concat(budgets.Select(tokens => Mean($"recall@{tokens}t", ranking => ranking.RecallAtTokens(tokens))));
        output.WriteLine($"{unit}, {rankings.Length} questions: {string.Join(", ", scores)}");
    }

    /// <summary>The lines of a file.</summary>
    public static IEnumerable<JsonElement> Read(string file) =>
        File.ReadLines(file)
            .Where(line => line.Length > 0)
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line));

    /// <summary>The questions that have gold evidence.</summary>
    public static IEnumerable<JsonElement> Asked(string questions) =>
        Read(questions).Where(line => line.TryGetProperty("gold", out var gold) && gold.GetArrayLength() > 0);

    /// <summary>The gold evidence of a question.</summary>
    public static LineSpan[] Gold(JsonElement question) =>
        [.. question.GetProperty("gold").EnumerateArray().Select(ToSpan)];

    private static LineSpan[] Passages(JsonElement prediction) =>
        [.. prediction.GetProperty("passages").EnumerateArray().Select(ToSpan)];

    private static LineSpan ToSpan(JsonElement span) =>
        new(
            span.GetProperty("doc").GetString()!,
            span.GetProperty("start_line").GetInt32(),
            span.GetProperty("end_line").GetInt32(),
            span.TryGetProperty("words", out var words) ? words.GetInt32() : 0,
            span.TryGetProperty("tokens", out var tokens) ? tokens.GetInt32() : 0,
            span.TryGetProperty("score", out var score) ? score.GetDouble() : 0
        );

    private static LineSpan[] Files(LineSpan[] spans) =>
        [.. spans.DistinctBy(span => span.Document).Select(span => span with { Start = 1, End = int.MaxValue })];

    private static LineSpan[] RankFiles(LineSpan[] passages) =>
        [
            .. Files([
                .. passages
                    .GroupBy(passage => passage.Document)
                    .OrderByDescending(file =>
                        file.Zip(s_passagesOfFile, (passage, weight) => weight * Math.Max(0, passage.Score)).Sum()
                    )
                    .Select(file => file.First()),
            ]),
        ];
}
