using System.Text.RegularExpressions;

namespace McpLongContext.Architecture.Tests;

/// <summary>The architecture page names only what exists.</summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string s_page = Repository.ReadText("ARCHITECTURE.md");

    private static readonly HashSet<string> s_typeNames = LoadTypeNames();

    public static TheoryData<string> Paths =>
        [.. Spans().Where(span => span.Contains('/', StringComparison.Ordinal) && PathPattern().IsMatch(span))];

    public static TheoryData<string> Types => [.. Spans().Where(span => TypePattern().IsMatch(span))];

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_named_path_exists(string path)
    {
        var full = Path.Combine(Repository.Root, path);

        Assert.True(
            File.Exists(full) || Directory.Exists(full),
            $"ARCHITECTURE.md names {path}, which does not exist."
        );
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_named_type_exists(string type) =>
        Assert.True(s_typeNames.Contains(type), $"ARCHITECTURE.md names {type}, which does not exist.");

    private static IEnumerable<string> Spans() =>
        CodeSpan().Matches(s_page).Select(match => match.Groups[1].Value).Distinct();

    private static HashSet<string> LoadTypeNames() =>
        OurAssemblies
            .All.SelectMany(assembly => assembly.GetTypes())
            .Select(type => type.Name.Split('`')[0])
            .ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex("^[A-Za-z0-9_./-]+$")]
    private static partial Regex PathPattern();

    [GeneratedRegex("^[A-Z][a-z0-9]+([A-Z][A-Za-z0-9]*)*$")]
    private static partial Regex TypePattern();
}
