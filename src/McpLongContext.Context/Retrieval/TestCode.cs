using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// A question about a program is about the program: tests repeat its names and words, in greater number, so that a
/// passage of test code ranks a little lower, unless the question itself speaks of tests. Measured on questions to
/// three repositories, one to eleven points of mean reciprocal rank.
/// </summary>
internal static class TestCode
{
    private static readonly string[] s_folders =
    [
        "test",
        "tests",
        "__tests__",
        "spec",
        "specs",
        "testing",
        "testdata",
        "__snapshots__",
        "benchmark",
        "benchmarks",
    ];

    /// <summary>
    /// Other files in the folders of tests: the expected output of programs, and scripts without a name.
    /// </summary>
    private static readonly string[] s_outputs = ["", ".stderr", ".stdout", ".snap", ".out", ".golden", ".expected"];

    /// <summary>Whether a question asks for tests.</summary>
    public static bool IsAskedFor(Question question) =>
        question.Terms.Any(static term => term is "test" or "spec" or "benchmark" or "assert" or "mock");

    /// <summary>Whether a document is test code, by its folders and its name.</summary>
    public static bool Is(Document document)
    {
        var parts = document.Path.Split('/', '\\');
        if (!EncoderText.IsWrittenOut(StoredKind.Of(document)) && !s_outputs.Contains(Path.GetExtension(parts[^1])))
        {
            return false;
        }

        return parts.SkipLast(1).Any(IsTestFolder) || IsTestName(parts[^1]);
    }

    private static bool IsTestFolder(string folder) =>
        s_folders.Contains(folder, StringComparer.OrdinalIgnoreCase)
        || folder.EndsWith(".Tests", StringComparison.Ordinal)
        || folder.EndsWith(".Test", StringComparison.Ordinal);

    private static bool IsTestName(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        return name.EndsWith("Test", StringComparison.Ordinal)
            || name.EndsWith("Tests", StringComparison.Ordinal)
            || name.EndsWith(".test", StringComparison.Ordinal)
            || name.EndsWith(".spec", StringComparison.Ordinal)
            || name.EndsWith(".test-d", StringComparison.Ordinal)
            || name.EndsWith("_test", StringComparison.Ordinal)
            || name.EndsWith("_spec", StringComparison.Ordinal)
            || name.StartsWith("test_", StringComparison.Ordinal);
    }
}
