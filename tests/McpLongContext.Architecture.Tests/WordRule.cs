using System.Text.RegularExpressions;

namespace McpLongContext.Architecture.Tests;

/// <summary>A line of a list of words: the texts it applies to, and the words.</summary>
/// <param name="Kinds">Kinds of <see cref="SourceText"/>.</param>
/// <param name="Path">The paths the rule applies to, below src.</param>
/// <param name="Pattern">The words.</param>
/// <param name="Remark">The words to use instead, or the reason why these are allowed.</param>
internal sealed partial record WordRule(IReadOnlySet<string> Kinds, Regex Path, Regex Pattern, string Remark)
{
    /// <summary>The rules of a file of this project.</summary>
    public static IReadOnlyList<WordRule> Load(string file) =>
        [
            .. Repository
                .ReadText("tests/McpLongContext.Architecture.Tests/" + file)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.StartsWith('#'))
                .Select(line => Parse(file, line)),
        ];

    /// <summary>Whether the rule applies to a text.</summary>
    public bool Concerns(SourceText text) => Kinds.Contains(text.Kind) && Path.IsMatch(text.Path);

    private static WordRule Parse(string file, string line)
    {
        var columns = Columns().Split(line);
        if (columns.Length != 4)
        {
            throw new FormatException($"{file}: {columns.Length} columns found, expected 4: {line}");
        }

        var kinds = columns[0].Replace("all", "identifier,message,prose", StringComparison.Ordinal);
        return new WordRule(
            kinds.Replace("prose", "prose,doc", StringComparison.Ordinal).Split(',').ToHashSet(StringComparer.Ordinal),
            Expression(columns[1]),
            Expression(columns[2]),
            columns[3]
        );
    }

    private static Regex Expression(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled);

    [GeneratedRegex(" {2,}")]
    private static partial Regex Columns();
}
