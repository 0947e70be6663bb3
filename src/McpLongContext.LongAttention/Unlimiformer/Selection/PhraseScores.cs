using System.Numerics.Tensors;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The best phrases of a token memory whose tokens are scored part by part: a phrase is a token and those after it, so
/// many together, or as many as its text still has, and its score is the sum of theirs. A token alone may please by
/// chance; what a question is about has several that do.
/// </summary>
/// <param name="parts">The parts, in the order of the token memory.</param>
/// <param name="phrase">Tokens of a phrase.</param>
/// <param name="count">How many phrases to keep.</param>
internal sealed class PhraseScores(IReadOnlyList<KeyScan.Part> parts, int phrase, int count)
{
    private readonly BestTokens _best = new(count);
    private readonly float[][] _firsts = new float[parts.Count][];
    private readonly float[][] _lasts = new float[parts.Count][];

    /// <summary>Takes the scores of a part's tokens; different parts by several threads at once.</summary>
    public void Take(int part, ReadOnlySpan<float> scores)
    {
        // Phrases that reach into the next part wait for it.
        var open = Math.Min(phrase - 1, scores.Length);
        _firsts[part] = scores[..open].ToArray();
        _lasts[part] = scores[^open..].ToArray();
        var best = new BestTokens(count);
        for (var token = 0; token + phrase <= scores.Length; token++)
        {
            Add(best, parts[part], token, scores.Slice(token, phrase));
        }

        _best.Take(best);
    }

    /// <summary>The first tokens of the best phrases, best first, once all parts are there.</summary>
    public TokenHit[] InOrder()
    {
        for (var part = 0; part < parts.Count; part++)
        {
            var open = _lasts[part].Length;
            var scores = _lasts[part].Concat(After(part)).Take(open + phrase - 1).ToArray();
            for (var token = 0; token < open; token++)
            {
                var end = Math.Min(token + phrase, scores.Length);
                Add(_best, parts[part], parts[part].Count - open + token, scores.AsSpan(token..end));
            }
        }

        return _best.InOrder();
    }

    /// <summary>The scores after a part, in its text; enough of them for a phrase.</summary>
    private IEnumerable<float> After(int part) =>
        Enumerable
            .Range(part + 1, parts.Count - part - 1)
            .TakeWhile(next => parts[next].Text == parts[part].Text)
            .SelectMany(next => _firsts[next]);

    private static void Add(BestTokens best, KeyScan.Part part, int token, ReadOnlySpan<float> scores) =>
        best.Add(part.Text, part.BlockStart + part.First + token, TensorPrimitives.Sum(scores));
}
