using System.Text.RegularExpressions;

namespace McpLongContext.Training.Language;

/// <summary>
/// ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004), with
/// the numbers of Google's <c>rouge_score</c> without a stemmer: words are runs of a-z and 0-9 in lower case, and F is
/// the harmonic mean of precision and recall.
/// </summary>
internal static partial class Rouge
{
    /// <summary>Precision, recall and F of a summary.</summary>
    /// <param name="Precision">The share of the summary that is in the reference.</param>
    /// <param name="Recall">The share of the reference that is in the summary.</param>
    internal readonly record struct Score(double Precision, double Recall)
    {
        /// <summary>The harmonic mean of both.</summary>
        public double F => Precision + Recall > 0 ? 2 * Precision * Recall / (Precision + Recall) : 0;

        /// <summary>The score of so many hits.</summary>
        public static Score Of(int hits, int found, int expected) =>
            new(found == 0 ? 0 : (double)hits / found, expected == 0 ? 0 : (double)hits / expected);
    }

    /// <summary>Runs of n words that both have.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="summary">The summary.</param>
    /// <param name="n">1 or more.</param>
    public static Score N(string reference, string summary, int n)
    {
        var (expected, found) = (Runs(Words(reference), n), Runs(Words(summary), n));
        var hits = expected.Sum(one => Math.Min(one.Value, found.GetValueOrDefault(one.Key)));
        return Score.Of(hits, found.Values.Sum(), expected.Values.Sum());
    }

    /// <summary>The longest common subsequence of both as a whole.</summary>
    public static Score L(string reference, string summary)
    {
        var (expected, found) = (Words(reference), Words(summary));
        return Score.Of(CommonWords(expected, found).Count, found.Length, expected.Length);
    }

    /// <summary>
    /// Sentence by sentence, each on a line: the words of a reference sentence that are in a longest common subsequence
    /// with any sentence of the summary, each word of the summary counted once.
    /// </summary>
    public static Score LSum(string reference, string summary)
    {
        var (expected, found) = (Sentences(reference), Sentences(summary));
        var (leftExpected, leftFound) = (Counts(expected), Counts(found));
        var hits = 0;
        foreach (var sentence in expected)
        {
            var union = found.SelectMany(other => CommonWords(sentence, other)).Distinct().Order();
            foreach (var word in union.Select(index => sentence[index]))
            {
                if (leftExpected[word] > 0 && leftFound.GetValueOrDefault(word) > 0)
                {
                    leftExpected[word]--;
                    leftFound[word]--;
                    hits++;
                }
            }
        }

        return Score.Of(hits, found.Sum(one => one.Length), expected.Sum(one => one.Length));
    }

    private static string[] Words(string text) =>
        [.. Word.Matches(text.ToLowerInvariant()).Select(match => match.Value)];

    private static string[][] Sentences(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Words)];

    private static Dictionary<string, int> Counts(string[][] sentences) =>
        sentences.SelectMany(words => words).GroupBy(word => word).ToDictionary(one => one.Key, one => one.Count());

    private static Dictionary<string, int> Runs(string[] words, int n) =>
        Enumerable
            .Range(0, Math.Max(0, words.Length - n + 1))
            .Select(first => string.Join(' ', words.AsSpan(first, n).ToArray()))
            .GroupBy(run => run)
            .ToDictionary(run => run.Key, run => run.Count());

    /// <summary>The places in the first of a longest subsequence of words that both have.</summary>
    private static List<int> CommonWords(string[] first, string[] second)
    {
        var lengths = new int[first.Length + 1, second.Length + 1];
        for (var i = 1; i <= first.Length; i++)
        {
            for (var j = 1; j <= second.Length; j++)
            {
                lengths[i, j] =
                    first[i - 1] == second[j - 1]
                        ? lengths[i - 1, j - 1] + 1
                        : Math.Max(lengths[i - 1, j], lengths[i, j - 1]);
            }
        }

        var places = new List<int>();
        var (row, column) = (first.Length, second.Length);
        while (row > 0 && column > 0)
        {
            if (first[row - 1] == second[column - 1])
            {
                places.Add(row - 1);
                (row, column) = (row - 1, column - 1);
            }
            // Among equal ways the reference implementation goes this one.
            else if (lengths[row, column - 1] > lengths[row - 1, column])
            {
                column--;
            }
            else
            {
                row--;
            }
        }

        return places;
    }

    [GeneratedRegex("[a-z0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word { get; }
}
