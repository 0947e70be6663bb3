using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Training.Language;

/// <summary>
/// Documents, each followed by its summary, which alone is learned. A document that is too long loses its end; a
/// sequence that is too short is filled up after its summary.
/// </summary>
internal sealed class PairSequences : ISequenceSource
{
    /// <summary>The share of the pairs that training does not see.</summary>
    private const double HeldOutShare = 0.1;

    private readonly IReadOnlyList<PairTokens> _training;
    private readonly int _segmentTokens;

    /// <summary>Takes pairs.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="segments">Segments of a pair at most.</param>
    /// <param name="segmentTokens">Tokens of a segment.</param>
    /// <exception cref="TrainingException">There are fewer than two, or a summary leaves no room.</exception>
    public PairSequences(IReadOnlyList<SummaryPair> pairs, Tokenizer tokenizer, int segments, int segmentTokens)
    {
        if (pairs.Count < 2)
        {
            throw new TrainingException(
                $"--pairs: {pairs.Count} found, expected 2 or more: the last ones are held out."
            );
        }

        var held = Math.Max(1, (int)(pairs.Count * HeldOutShare));
        PairTokens[] all = [.. pairs.Select(pair => PairTokens.Of(pair, tokenizer, segments * segmentTokens))];
        (_training, HeldOut, _segmentTokens) = (all[..^held], all[^held..], segmentTokens);
    }

    /// <summary>The pairs that training does not see.</summary>
    public IReadOnlyList<PairTokens> HeldOut { get; }

    /// <inheritdoc />
    public Sequences Draw(Random random, int count, bool heldOut)
    {
        var from = heldOut ? HeldOut : _training;
        PairTokens[] drawn = [.. Enumerable.Range(0, count).Select(_ => from[random.Next(from.Count)])];
        var segments = drawn.Max(pair => (pair.Length + _segmentTokens - 1) / _segmentTokens);
        var length = segments * _segmentTokens;
        var (tokens, targets) = (new long[count * length], new long[count * length]);
        Array.Fill(targets, Sequences.None);
        for (var i = 0; i < count; i++)
        {
            var (prompt, summary) = drawn[i];
            long[] whole = [.. prompt, .. summary];
            whole.CopyTo(tokens, i * length);
            // Each token of the summary follows the one before it.
            whole.AsSpan(prompt.Length).CopyTo(targets.AsSpan((i * length) + prompt.Length - 1));
        }

        return new Sequences(tokens, targets, count, segments);
    }
}
