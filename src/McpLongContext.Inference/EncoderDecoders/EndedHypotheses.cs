namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>The best ended hypotheses of a beam search, as many as there are beams.</summary>
/// <param name="beams">How many are kept.</param>
/// <param name="lengthPenalty">The power of the length that a log-likelihood is divided by.</param>
internal sealed class EndedHypotheses(int beams, double lengthPenalty)
{
    private readonly List<EndedHypothesis> _hypotheses = []; // best first

    /// <summary>Whether there are as many as beams.</summary>
    public bool IsFull => _hypotheses.Count >= beams;

    /// <summary>The best one.</summary>
    public EndedHypothesis Best => _hypotheses[0];

    /// <summary>Adds one where it is among the best; of equal ones the first stays before.</summary>
    /// <param name="beam">The hypothesis.</param>
    /// <param name="rows">Numbers of its tokens in the session.</param>
    public void Add(Beam beam, IReadOnlyList<int> rows)
    {
        var score = Normalize(beam.Score, beam.Tokens.Length - 1);
        var place = _hypotheses.FindIndex(other => other.Score < score);
        _hypotheses.Insert(place < 0 ? _hypotheses.Count : place, new EndedHypothesis(beam.Tokens, rows, score));
        if (_hypotheses.Count > beams)
        {
            _hypotheses.RemoveAt(beams);
        }
    }

    /// <summary>Whether a hypothesis that goes on may become better than the worst, judged by its present length.</summary>
    /// <param name="best">The log-likelihood of the best one that goes on.</param>
    /// <param name="length">Tokens of it without the first.</param>
    public bool CanImprove(double best, int length) => _hypotheses[^1].Score < Normalize(best, length);

    private double Normalize(double score, int length) => score / Math.Pow(Math.Max(length, 1), lengthPenalty);
}
