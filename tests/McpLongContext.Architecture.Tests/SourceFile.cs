using System.Text.RegularExpressions;

namespace McpLongContext.Architecture.Tests;

/// <summary>A source file below <c>src</c>: where it lies and which namespace it declares.</summary>
/// <param name="Path">Its path within the repository.</param>
/// <param name="Namespace">The namespace that its folder stands for.</param>
/// <param name="Declared">The namespace that it declares; <see langword="null"/> for top-level statements.</param>
/// <param name="Used">The namespaces that it names in <c>using</c> directives.</param>
internal sealed partial record SourceFile(string Path, string Namespace, string? Declared, IReadOnlyList<string> Used)
{
    /// <summary>The source files of a project.</summary>
    public static IEnumerable<SourceFile> Of(string project)
    {
        var folder = System.IO.Path.Combine(Repository.Root, "src", project);
        foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            var path = System.IO.Path.GetRelativePath(folder, file).Replace('\\', '/');
            if (
                !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal)
            )
            {
                var text = File.ReadAllText(file);
                var inside = System.IO.Path.GetDirectoryName(path)!.Replace('/', '.').Replace('\\', '.');
                yield return new SourceFile(
                    $"src/{project}/{path}",
                    inside.Length == 0 ? project : $"{project}.{inside}",
                    Declaration().Match(text) is { Success: true } match ? match.Groups["name"].Value : null,
                    [.. Using().Matches(text).Select(use => use.Groups["name"].Value)]
                );
            }
        }
    }

    /// <summary>The namespaces of its own project that the files of a project name in <c>using</c> directives.</summary>
    public static IEnumerable<(string File, string From, string To)> Usings(string project)
    {
        var files = Of(project).ToList();
        var declared = files.Select(file => file.Declared).ToHashSet();
        return files.SelectMany(file =>
            file.Used.Where(declared.Contains).Select(used => (file.Path, file.Declared ?? project, used))
        );
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^(?:global )?using (?:static )?(?:\w+ = )?(?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();
}
