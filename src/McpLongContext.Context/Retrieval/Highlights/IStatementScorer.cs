using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval.Highlights;

/// <summary>Scores how well the statements of a passage align with a question.</summary>
internal interface IStatementScorer
{
    /// <summary>The score of each statement, comparable within the passage.</summary>
    /// <param name="document">The document of the passage.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="statements">All statements of the passage, in order.</param>
    public double[] Score(StoredDocument document, Passage passage, IReadOnlyList<Statement> statements);
}
