using McpLongContext.Storage;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval.Highlights;

/// <summary>
/// Scores how well the statements of a passage align with a question: by late interaction (MaxSim within the
/// statement) where the passage is encoded, otherwise by the rarity of the question's terms in it.
/// </summary>
internal sealed class StatementScorer(DatastoreSnapshot snapshot, Question question, EmbeddingEvidence? embeddings)
{
    private readonly Lazy<Dictionary<string, double>> _rarity = new(() => RarityOf(snapshot, question));

    /// <summary>The score of each statement, comparable within the passage.</summary>
    /// <param name="document">The document of the passage.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="statements">All statements of the passage, in order.</param>
    public double[] Score(StoredDocument document, Passage passage, IReadOnlyList<Statement> statements) =>
        embeddings?.Align(document, passage, statements) ?? [.. statements.Select(one => Lexical(passage.Text, one))];

    private double Lexical(string text, Statement statement) =>
        TermAnalyzer
            .Terms(statement.In(text).ToString())
            .Distinct(StringComparer.Ordinal)
            .Sum(term => _rarity.Value.GetValueOrDefault(term));

    /// <summary>The inverse document frequency of the question's terms; none where the lexical index is damaged.</summary>
    private static Dictionary<string, double> RarityOf(DatastoreSnapshot snapshot, Question question)
    {
        try
        {
            return question.Terms.ToDictionary(term => term, snapshot.Lexical.InverseDocumentFrequency);
        }
        catch (DatastoreCorruptException)
        {
            return [];
        }
    }
}
