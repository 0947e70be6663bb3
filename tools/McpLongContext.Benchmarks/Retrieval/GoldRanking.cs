namespace McpLongContext.Benchmarks.Retrieval;

/// <summary>Ranked passages beside the gold spans of a question.</summary>
internal sealed class GoldRanking
{
    // For every gold span the rank, from 0, of the first passage that overlaps it; -1 where none does.
    private readonly int[] _ranks;
    private readonly LineSpan[] _passages;

    public GoldRanking(LineSpan[] gold, LineSpan[] passages)
    {
        _ranks = [.. gold.Select(span => Array.FindIndex(passages, passage => passage.Overlaps(span)))];
        _passages = passages;
    }

    public double ReciprocalRank =>
        _ranks.Where(rank => rank >= 0).Select(rank => 1.0 / (rank + 1)).DefaultIfEmpty().Max();

    public double RecallAt(int passages) => (double)_ranks.Count(rank => rank >= 0 && rank < passages) / _ranks.Length;

    public double RecallAtWords(int budget) => RecallWithin(budget, static passage => passage.Words);

    public double RecallAtTokens(int budget) => RecallWithin(budget, static passage => passage.Tokens);

    // The first passage counts whatever its size, so that a budget below one passage is not a recall of none.
    private double RecallWithin(int budget, Func<LineSpan, int> sizeOf)
    {
        var (size, within) = (0, 0);
        while (within < _passages.Length && ((size += sizeOf(_passages[within])) <= budget || within == 0))
        {
            within++;
        }

        return RecallAt(within);
    }
}

/// <summary>Lines of a document.</summary>
/// <param name="Document">Its name.</param>
/// <param name="Start">First line, 1-based.</param>
/// <param name="End">Last line, inclusive.</param>
/// <param name="Words">The number of words in them.</param>
/// <param name="Tokens">The number of tokens in them.</param>
/// <param name="Score">Their score, higher is better.</param>
internal readonly record struct LineSpan(string Document, int Start, int End, int Words, int Tokens, double Score)
{
    public bool Overlaps(LineSpan other) => Document == other.Document && Start <= other.End && other.Start <= End;
}
