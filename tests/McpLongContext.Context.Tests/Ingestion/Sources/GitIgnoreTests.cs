using System.Text.Json;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Ingestion.Sources;

public sealed class GitIgnoreTests
{
    /// <summary>The answers of git itself, by <c>tools/golden/gitignore/export_gitignore.py</c>.</summary>
    [Fact]
    public void Random_ignore_files_leave_the_files_that_git_lists()
    {
        using var golden = JsonDocument.Parse(
            File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Ingestion", "GoldenData", "gitignore.json"))
        );
        var files = golden
            .RootElement.GetProperty("files")
            .EnumerateArray()
            .Select(file => file.GetString()!)
            .ToArray();
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder[".git/info"]);
        foreach (var file in files)
        {
            folder.Write(file, "x");
        }

        var scanner = new SourceScanner(new AllowedRoots(folder.Path));
        var failures = new List<string>();
        foreach (var test in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            var rules = test.GetProperty("rules").EnumerateObject().ToArray();
            foreach (var rule in rules)
            {
                folder.Write(rule.Name, rule.Value.GetString()!);
            }

            var expected = test.GetProperty("kept")
                .EnumerateArray()
                .Select(index => files[index.GetInt32()])
                .Order(StringComparer.Ordinal);
            var kept = scanner
                .Scan(folder.Path)
                .OfType<SourceFile>()
                .Select(file => Path.GetRelativePath(folder.Path, file.Path))
                .Where(name => !name.EndsWith(".gitignore", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal);
            if (!expected.SequenceEqual(kept))
            {
                failures.Add(
                    $"{test}: only git {string.Join(',', expected.Except(kept))}; only here {string.Join(',', kept.Except(expected))}"
                );
            }

            foreach (var rule in rules)
            {
                File.Delete(folder[rule.Name]);
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} differ:\n{string.Join('\n', failures.Take(10))}");
    }
}
