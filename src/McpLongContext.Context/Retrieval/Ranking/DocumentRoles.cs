using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Storage.Analysis;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>
/// The purpose of a file. A question about a program is about the program, not about its tests, examples or
/// documentation, unless it speaks of them.
/// </summary>
internal sealed class DocumentRoles(Question question)
{
    private static readonly string[] s_exampleFolders =
    [
        "example",
        "examples",
        "sample",
        "samples",
        "demo",
        "demos",
        "playground",
        "tutorial",
        "tutorials",
    ];

    private static readonly IReadOnlyList<string> s_exampleTerms = TermAnalyzer.Terms(
        "example examples sample demo tutorial usage"
    );

    private static readonly IReadOnlyList<string> s_documentationTerms = TermAnalyzer.Terms(
        "readme doc docs documentation documented changelog license install installation guide tutorial contributing"
    );

    private readonly bool _asksForTests = TestCode.IsAskedFor(question);
    private readonly bool _asksForExamples = question.Terms.Any(s_exampleTerms.Contains);
    private readonly bool _asksForDocumentation =
        question.Kind == QueryKind.Quoted || question.Terms.Any(s_documentationTerms.Contains);

    /// <summary>The penalty on a file's passages.</summary>
    /// <param name="document">The file.</param>
    /// <param name="isCode">Whether most of what was found is code.</param>
    public double PenaltyOf(StoredDocument document, bool isCode) =>
        (IsUnwantedTest(document) ? RankingWeights.Test : 0)
        + (!_asksForExamples && isCode && IsExample(document) ? RankingWeights.Example : 0)
        + (
            !_asksForDocumentation && isCode && StoredKind.Of(document) != DocumentKind.Code
                ? RankingWeights.Documentation
                : 0
        );

    /// <summary>Whether a file tests what the question is about; it is named after that, too.</summary>
    /// <param name="document">The file.</param>
    public bool IsUnwantedTest(StoredDocument document) => !_asksForTests && TestCode.Is(document);

    private static bool IsExample(StoredDocument document) =>
        document
            .Path.Split('/', '\\')
            .SkipLast(1)
            .Any(folder => s_exampleFolders.Contains(folder, StringComparer.OrdinalIgnoreCase));
}
