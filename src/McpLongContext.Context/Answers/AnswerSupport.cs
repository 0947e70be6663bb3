using System.Globalization;
using System.Text.RegularExpressions;
using McpLongContext.Context.Contracts;
using McpLongContext.Storage.Analysis;

namespace McpLongContext.Context.Answers;

/// <summary>
/// Holds what a model wrote against the evidence. What it adds to the question's words has to stand in the passages
/// that are cited: nearly all of its words, and every number.
/// </summary>
internal static partial class AnswerSupport
{
    /// <summary>
    /// The share of an answer's own words that its citations must have; the rest joins them ("describes").
    /// </summary>
    private const double LeastShare = 0.75;

    /// <summary>The share of an answer's words that have to be different from each other.</summary>
    private const double LeastDifferent = 0.5;

    private const int MaxCitations = 3;

    /// <summary>
    /// Words that claim nothing: those that one speaks of passages with, and those that only join others (conjunctions,
    /// auxiliaries, pronouns, adverbs of degree), as far as the index takes them for words at all.
    /// </summary>
    private static readonly IReadOnlyList<string> s_frame = TermAnalyzer.Terms(
        "question answer answers passage passages above text evidence according mention mentioned mentions "
            + "because since although though while whereas whether unless until therefore thus hence however also too both "
            + "either neither nor such like as well only just even still yet again "
            + "am been being having could would should can may might must shall does doing done get gets got "
            + "she's they're me my mine our ours us your yours himself herself itself themselves myself whose whom "
            + "some any each every another other others same own more most less very quite rather really "
            + "during before after between through over under within without upon toward towards against among"
    );

    /// <summary>An answer that the evidence bears, or why it does not.</summary>
    /// <param name="Text">The answer, without its numbers; empty when it is not borne.</param>
    /// <param name="Citations">The passages that bear it.</param>
    /// <param name="Reason">Why it is not borne; <see langword="null"/> when it is.</param>
    public sealed record Verdict(string Text, IReadOnlyList<string> Citations, string? Reason)
    {
        /// <summary>The answer of a model, or why it is withheld.</summary>
        public LocalAnswer ToAnswer(string model) =>
            Reason is null
                ? new LocalAnswer
                {
                    State = AnswerState.Answered,
                    Text = Text,
                    Citations = Citations,
                    Model = model,
                }
                : LocalAnswer.Without(AnswerState.Abstained, Reason, model);
    }

    /// <summary>Judges what a model wrote.</summary>
    /// <param name="written">The text, with passages named as <c>[n]</c> or not.</param>
    /// <param name="question">The question.</param>
    /// <param name="passages">The numbered evidence; number n stands at n - 1.</param>
    public static Verdict Judge(string written, string question, IReadOnlyList<Evidence> passages)
    {
        if (Refusal().IsMatch(written))
        {
            return Refuse("the model found no answer in the evidence");
        }

        var text = Numbers().Replace(Plain(written), "").Trim();
        if (RepeatsItself(text))
        {
            return Refuse("the model repeated itself");
        }

        var own = TermAnalyzer
            .Terms(text)
            .Except(TermAnalyzer.Terms(question))
            .Except(s_frame)
            .ToHashSet(StringComparer.Ordinal);
        if (own.Count == 0)
        {
            return Refuse("the model said nothing beyond the question");
        }

        List<HashSet<string>> borne =
        [
            .. passages.Select(passage =>
                TermAnalyzer.Terms($"{passage.Context}\n{passage.Text}").Where(own.Contains).ToHashSet()
            ),
        ];
        var cited = Cited(written, borne);
        var missing = own.Except(cited.SelectMany(index => borne[index])).ToList();
        if (own.Count - missing.Count < LeastShare * own.Count || missing.Exists(term => term.Any(char.IsDigit)))
        {
            return Refuse($"what the model wrote is not in the evidence ({string.Join(", ", missing.Take(5))})");
        }

        return new Verdict(text, [.. cited.Order().Select(index => passages[index].Citation)], Reason: null);
    }

    /// <summary>
    /// The first answer of what a model wrote, without labels: small models repeat the question before it, and continue
    /// with other ones after it.
    /// </summary>
    private static string Plain(string written) => Answer().Match(written).Groups["answer"].Value;

    /// <summary>
    /// The passages that the model named and that have words of the answer; then, while words are missing, the passage
    /// that has most of them.
    /// </summary>
    private static List<int> Cited(string written, List<HashSet<string>> borne)
    {
        var cited = Numbers()
            .Matches(written)
            .Select(match => int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) - 1)
            .Where(index => index >= 0 && index < borne.Count && borne[index].Count > 0)
            .Distinct()
            .Take(MaxCitations)
            .ToList();
        while (cited.Count < MaxCitations)
        {
            var known = cited.SelectMany(index => borne[index]).ToHashSet(StringComparer.Ordinal);
            var (best, gain) = borne
                .Select((terms, index) => (index, gain: terms.Count(term => !known.Contains(term))))
                .MaxBy(candidate => candidate.gain);
            if (gain == 0)
            {
                break;
            }

            cited.Add(best);
        }

        return cited;
    }

    /// <summary>
    /// Whether less than half of its words are different ones, as where a small model does not find its end.
    /// </summary>
    private static bool RepeatsItself(string text)
    {
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Distinct(StringComparer.OrdinalIgnoreCase).Count() < LeastDifferent * words.Length;
    }

    private static Verdict Refuse(string reason) => new("", [], reason);

    [GeneratedRegex(
        @"\A\s*(?:question:[^\n]*\s*)?(?:answer:\s*)?(?<answer>.*?)(?:\n\s*\n|\n\s*(?:question|answer):|\z)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Answer();

    [GeneratedRegex(@"\s*\[(?<number>[0-9]{1,4})\]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbers();

    [GeneratedRegex(
        @"\bnot (?:\w+ ){0,2}(?:in|by|from) (?:any of )?(?:the|these) (?:\w+ )?(?:passages?|text|evidence)"
            + @"|\b(?:not|n't|n’t) (?:\w+ )?(?:mention|state|specif|provide|answer|contain|say|known?\b|enough)"
            + @"|\bno (?:\w+ )?(?:information|mention|answer|evidence)\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Refusal();
}
