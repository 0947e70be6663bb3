namespace McpLongContext.Architecture.Tests;

/// <summary>The sources under src use the terms of the glossary, one for each concept, in American spelling.</summary>
public sealed class WordTests
{
    private static readonly IReadOnlyList<WordRule> s_banned = WordRule.Load("BannedWords.txt");

    private static readonly IReadOnlyList<WordRule> s_allowed = WordRule.Load("AllowedWords.txt");

    private static readonly IReadOnlyList<SourceText> s_sources = [.. SourceText.ReadAll()];

    [Fact]
    public void No_name_message_or_comment_uses_a_word_that_the_glossary_replaced()
    {
        var found = Find(s_sources, s_allowed);

        Assert.True(found.Count == 0, Report(found));
    }

    [Fact]
    public void Every_allowance_is_needed()
    {
        var unneeded = s_allowed
            .Where(rule => !s_sources.Any(text => Hides(rule, text)))
            .Select(rule => rule.Pattern)
            .ToList();

        Assert.True(unneeded.Count == 0, string.Join('\n', unneeded));
    }

    [Theory]
    [InlineData("class WorkerTeam;", "identifier: team")]
    [InlineData("class A { string b = \"by words alone\"; }", "message: by words")]
    [InlineData("class A { string b = $\"{1} by words\"; }", "message: by words")]
    [InlineData("// Normalises the rows.\nclass A;", "prose: normalises")]
    [InlineData("/// <summary>What a\n/// team does.</summary>\nclass A;", "doc: team, doc: what")]
    [InlineData("/// <summary>A <see cref=\"Team\"/>.</summary>\nclass A { Team b; }", "")]
    public void A_banned_word_is_found_in(string source, string expected)
    {
        var found = Find([.. SourceText.Read("McpLongContext.Context/A.cs", source)], s_allowed);

        Assert.Equal(expected, string.Join(", ", found.Select(hit => $"{hit.Text.Kind}: {hit.Word}")));
    }

    private static bool Hides(WordRule rule, SourceText text) =>
        rule.Concerns(text)
        && rule.Pattern.IsMatch(text.Text)
        && Find([text], s_allowed.Except([rule])).Count > Find([text], s_allowed).Count;

    private static List<Hit> Find(IEnumerable<SourceText> texts, IEnumerable<WordRule> allowed) =>
        [
            .. texts
                .Select(text => (text, rest: WithoutAllowed(text, allowed)))
                .SelectMany(pair =>
                    s_banned
                        .Where(rule => rule.Concerns(pair.text))
                        .SelectMany(rule =>
                            rule.Pattern.Matches(pair.rest).Select(match => new Hit(pair.text, match.Value, rule))
                        )
                ),
        ];

    private static string WithoutAllowed(SourceText text, IEnumerable<WordRule> allowed) =>
        allowed
            .Where(rule => rule.Concerns(text))
            .Aggregate(text.Text, (rest, rule) => rule.Pattern.Replace(rest, "..."));

    private static string Report(IEnumerable<Hit> found) =>
        string.Join(
            '\n',
            found
                .GroupBy(hit => (hit.Word, hit.Rule.Remark))
                .OrderByDescending(group => group.Count())
                .Select(group =>
                    $"{group.Key.Word} ({group.Count()}), use instead: {group.Key.Remark}\n"
                    + string.Join('\n', group.Select(hit => $"    {hit.Text.Path}:{hit.Text.Line} {hit.Text.Kind}"))
                )
        );

    private sealed record Hit(SourceText Text, string Word, WordRule Rule);
}
