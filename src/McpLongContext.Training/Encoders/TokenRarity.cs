using McpLongContext.Training.Encoders.Pairs;

namespace McpLongContext.Training.Encoders;

/// <summary>How much a token of a question counts: in search, too, rare words count more than frequent ones.</summary>
internal sealed class TokenRarity
{
    private readonly Dictionary<int, int> _frequencies = [];
    private readonly int _passages;

    /// <summary>Counts the passages that each token occurs in.</summary>
    /// <param name="tokenize">The tokens of a text.</param>
    /// <param name="pairs">The pairs whose passages are counted.</param>
    public TokenRarity(Func<string, int[]> tokenize, IReadOnlyCollection<TextPair> pairs)
    {
        _passages = pairs.Count;
        foreach (var token in pairs.SelectMany(pair => tokenize(pair.Passage).Distinct()))
        {
            _frequencies[token] = _frequencies.GetValueOrDefault(token) + 1;
        }
    }

    /// <summary>log(1 + (N - n + 0.5) / (n + 0.5)) for a token that n of N passages have.</summary>
    public float Of(int token)
    {
        var found = _frequencies.GetValueOrDefault(token);
        return (float)Math.Log(1 + ((_passages - found + 0.5) / (found + 0.5)));
    }
}
