using System.Text.RegularExpressions;

namespace McpLongContext.Dashboard.Proof;

/// <summary>Questions that a repository asks by itself: the first sentences of its documentation comments.</summary>
internal static class DrawnQueries
{
    private const int ShortestText = 25;
    private const int LongestText = 200;

    /// <summary>Lines of ///, a block of /** */, a docstring.</summary>
    private static readonly Regex s_comment = Linear(
        @"(?:^[ \t]*///[^\n]*\n)+|/\*\*[\s\S]{1,800}?\*/|\x22{3}[\s\S]{1,800}?\x22{3}"
    );

    private static readonly Regex s_marks = Linear(@"^[ \t]*(?:///|/\*\*|\*/|\*)|\*/|\x22{3}");
    private static readonly Regex s_reference = Linear("<[a-z]+ (?:cref|name)=\"([^\"]{1,100})\"/?>");
    private static readonly Regex s_tags = Linear("<[^>]{0,100}>");
    private static readonly Regex s_spaces = Linear(@"\s+");

    /// <summary>The first question of a document; <see langword="null"/> where there is none.</summary>
    /// <param name="path">The path of the document.</param>
    /// <param name="text">The text of the document.</param>
    public static ProofQuery? Of(string path, string text)
    {
        foreach (var match in s_comment.EnumerateMatches(text))
        {
            var comment = s_marks.Replace(text.Substring(match.Index, match.Length), " ");
            var sentence = s_spaces.Replace(s_tags.Replace(s_reference.Replace(comment, "$1"), " "), " ").Trim();
            var end = sentence.IndexOf(". ", StringComparison.Ordinal);
            sentence = (end > 0 ? sentence[..end] : sentence).TrimEnd('.', ' ');
            if (
                sentence.Length is >= ShortestText and <= LongestText
                && !sentence.Contains("=>", StringComparison.Ordinal)
            )
            {
                return new ProofQuery(sentence, path);
            }
        }

        return null;
    }

    private static Regex Linear(string pattern) => new(pattern, RegexOptions.Multiline | RegexOptions.NonBacktracking);
}
