using McpLongContext.Context.Documents;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The documents in which passages are cited. Equal files of several working trees share their passages; of those in
/// scope the one is cited whose path has the most terms of the question, then one beneath the working directory, then
/// the one stored first.
/// </summary>
/// <param name="documents">The documents of the snapshot.</param>
/// <param name="scope">The scope of the question.</param>
/// <param name="question">The question.</param>
/// <param name="paths">Knows the working directory; <see langword="null"/> prefers none.</param>
internal sealed class PassagePlaces(
    DocumentTable documents,
    PassageScope scope,
    Question question,
    DocumentPaths? paths = null
)
{
    private readonly HashSet<string> _terms = [.. question.Terms];
    private readonly Dictionary<long, StoredDocument> _cited = [];

    /// <summary>The document in which a passage in scope is cited.</summary>
    /// <exception cref="Storage.DatastoreException">There is no such passage.</exception>
    public StoredDocument DocumentOf(long passage)
    {
        if (documents.Sharing(passage) is not { Count: > 1 } sharing)
        {
            return documents.OfPassage(passage);
        }

        var first = sharing[0].FirstPassage;
        if (!_cited.TryGetValue(first, out var cited))
        {
            _cited[first] = cited = Choose(sharing);
        }

        return cited;
    }

    /// <summary>The other documents in scope that have the passages of a document.</summary>
    public IEnumerable<StoredDocument> OthersOf(StoredDocument document) =>
        documents
            .Sharing(document.FirstPassage)
            .Where(other => other.Id != document.Id && document.PassageCount > 0 && scope.Admits(other));

    private StoredDocument Choose(IReadOnlyList<StoredDocument> sharing) =>
        sharing
            .Where(scope.Admits)
            .DefaultIfEmpty(sharing[0])
            .OrderByDescending(document => TermAnalyzer.Terms(document.Path).Distinct().Count(_terms.Contains))
            .ThenByDescending(document => paths?.IsBeneath(document.Path) ?? false)
            .First();
}
