namespace McpLongContext.Training.Examples;

/// <summary>
/// The text around facts: documents as tokens, from which pieces are taken. The end of each is held out. Half of the
/// pieces are what the model wrote itself, where there is such text.
/// </summary>
internal sealed class FillerText
{
    /// <summary>The share of every document that training does not see.</summary>
    private const double HeldOut = 0.1;

    private readonly IReadOnlyList<int[]> _documents;
    private readonly int[] _own;

    /// <summary>Takes documents.</summary>
    /// <param name="documents">The user's, as tokens.</param>
    /// <param name="own">Text that the model wrote itself; may be empty.</param>
    /// <exception cref="TrainingException">All are empty.</exception>
    public FillerText(IEnumerable<int[]> documents, int[] own)
    {
        _documents = [.. documents.Where(tokens => tokens.Length > 0)];
        _own = own;
        if (_documents.Count == 0 && own.Length == 0)
        {
            throw new TrainingException(
                "the corpus is empty: give --corpus files or folders with text, or let the model write some (--own-tokens)."
            );
        }
    }

    /// <summary>
    /// Fills a span with successive tokens of one document, long ones more often, from its start again at its end.
    /// </summary>
    /// <param name="random">Chooses document and place.</param>
    /// <param name="tokens">Receives them.</param>
    /// <param name="heldOut">Whether they come from what training does not see.</param>
    public void Fill(Random random, Span<long> tokens, bool heldOut = false)
    {
        var isOwn = _documents.Count == 0 || (_own.Length > 0 && random.Next(2) == 0);
        var document = Part(isOwn ? _own : Draw(random), heldOut);
        var start = random.Next(document.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = document[(start + i) % document.Length];
        }
    }

    private int[] Draw(Random random)
    {
        var at = random.NextInt64(_documents.Sum(document => (long)document.Length));
        var index = 0;
        while (at >= _documents[index].Length)
        {
            at -= _documents[index++].Length;
        }

        return _documents[index];
    }

    private static ReadOnlySpan<int> Part(int[] document, bool heldOut)
    {
        var split = document.Length - Math.Max(1, (int)(document.Length * HeldOut));
        return heldOut || split == 0 ? document.AsSpan(split) : document.AsSpan(0, split);
    }
}
