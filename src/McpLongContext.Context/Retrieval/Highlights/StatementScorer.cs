using McpLongContext.Storage;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval.Highlights;

/// <summary>
/// Scores how well the statements of a passage align with a question: by late interaction (MaxSim within the
/// statement) where the passage is encoded, otherwise by the rarity of the question's terms in it.
/// </summary>
/// <param name="question">The question.</param>
/// <param name="rarity">The inverse document frequency of a term.</param>
/// <param name="embeddings">The embeddings of the passages.</param>
internal sealed class StatementScorer(Question question, Func<string, double> rarity, EmbeddingEvidence? embeddings)
    : IStatementScorer
{
    private readonly Lazy<Dictionary<string, double>> _rarity = new(() => RarityOf(rarity, question));

    /// <summary>Scores the statements of a datastore's passages.</summary>
    public StatementScorer(DatastoreSnapshot snapshot, Question question, EmbeddingEvidence? embeddings)
        : this(question, snapshot.Lexical.InverseDocumentFrequency, embeddings) { }

    /// <inheritdoc/>
    public double[] Score(StoredDocument document, Passage passage, IReadOnlyList<Statement> statements) =>
        embeddings?.Align(document, passage, statements) ?? [.. statements.Select(one => Lexical(passage.Text, one))];

    private double Lexical(string text, Statement statement) =>
        TermAnalyzer
            .Terms(statement.In(text).ToString())
            .Distinct(StringComparer.Ordinal)
            .Sum(term => _rarity.Value.GetValueOrDefault(term));

    /// <summary>The inverse document frequency of the question's terms; none where the lexical index is damaged.</summary>
    private static Dictionary<string, double> RarityOf(Func<string, double> rarity, Question question)
    {
        try
        {
            return question.Terms.ToDictionary(term => term, rarity);
        }
        catch (DatastoreCorruptException)
        {
            return [];
        }
    }
}
