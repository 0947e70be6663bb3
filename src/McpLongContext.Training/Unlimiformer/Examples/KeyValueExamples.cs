using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Unlimiformer.Examples;

/// <summary>
/// Documents of keys and values such as "k7Q;" in random order. The decoder is given a key and writes its value. Every
/// key has near-duplicates, which differ in one letter.
/// </summary>
internal sealed class KeyValueExamples : ISourceExamples
{
    private const int KeyLength = 2;
    private const int ValueLength = 1;
    private const string KeyLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const string ValueLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <summary>Tokens of the first documents: keys are matched sooner where there are few.</summary>
    private const int FirstTokens = 64;

    /// <summary>The shares of a training after which documents begin to grow, and have their full length.</summary>
    private const double GrowthBegin = 0.4;
    private const double GrowthEnd = 0.8;

    /// <summary>Keys of a group: one, and its near-duplicates.</summary>
    private const int GroupKeys = 4;

    private const int HeldOutSources = 8;
    private const int TestSources = 8;

    private readonly Tokenizer _tokenizer;
    private readonly KeyValueSettings _settings;
    private readonly int _end;
    private readonly int _pairTokens;

    /// <summary>Prepares the task.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="end">The token that ends a target.</param>
    /// <param name="settings">Lengths.</param>
    /// <param name="seed">Chooses what is held out.</param>
    /// <exception cref="TrainingException">There are fewer keys than the longest document needs.</exception>
    public KeyValueExamples(Tokenizer tokenizer, int end, KeyValueSettings settings, int seed)
    {
        (_tokenizer, _end, _settings) = (tokenizer, end, settings);
        _pairTokens = Pair(new string('a', KeyLength), new string('A', ValueLength)).Sum(part => part.Length);
        var most = (int)Math.Pow(KeyLetters.Length, KeyLength);
        if (settings.LongestSource / _pairTokens > most)
        {
            throw new TrainingException(
                $"--longest {settings.LongestSource}: expected {most * _pairTokens} at most, a pair for each of {most} keys."
            );
        }

        HeldOut =
        [
            .. Enumerable.Range(0, HeldOutSources).Select(i => Draw(new Random(Seeds.Of(seed, -1 - i)), progress: 1)),
        ];
        int[] lengths =
        [
            settings.ShortestSource,
            (settings.ShortestSource + settings.LongestSource) / 2,
            settings.LongestSource,
        ];
        Test =
        [
            .. lengths
                .Distinct()
                .Select(length => ($"{length} tokens", (IReadOnlyList<SourceExample>)[.. TestOf(length, seed)])),
        ];
    }

    /// <inheritdoc />
    public bool IsExact => true;

    /// <inheritdoc />
    public IReadOnlyList<SourceExample> HeldOut { get; }

    /// <inheritdoc />
    public IReadOnlyList<(string Name, IReadOnlyList<SourceExample> Examples)> Test { get; }

    /// <inheritdoc />
    public SourceExample Draw(Random random, double progress)
    {
        var whole = random.Next(_settings.ShortestSource, _settings.LongestSource + 1);
        var share = Math.Clamp((progress - GrowthBegin) / (GrowthEnd - GrowthBegin), 0, 1);
        return Draw(
            random,
            (int)(Math.Min(whole, FirstTokens) * Math.Pow(Math.Max(1, (double)whole / FirstTokens), share))
        );
    }

    private IEnumerable<SourceExample> TestOf(int length, int seed) =>
        Enumerable.Range(0, TestSources).Select(i => Draw(new Random(Seeds.Of(seed, -(length * 100L) - i)), length));

    private SourceExample Draw(Random random, int tokens)
    {
        var keys = Keys(random, Math.Max(1, tokens / _pairTokens));
        string[] values = [.. keys.Select(_ => Draw(random, ValueLetters, ValueLength))];
        var source = new List<int>(tokens);
        var starts = new int[keys.Count];
        for (var i = 0; i < keys.Count; i++)
        {
            var parts = Pair(keys[i], values[i]);
            starts[i] = source.Count;
            source.AddRange(parts.SelectMany(part => part));
        }

        var asked = Draws.Some(random, Math.Min(_settings.AskedKeys, keys.Count), [.. Enumerable.Range(0, keys.Count)]);
        return new SourceExample([.. source], [.. asked.Select(i => Ask(keys[i], values[i], starts[i]))]);
    }

    private TargetExample Ask(string key, string value, int start)
    {
        var parts = Pair(key, value);
        int[] gold = [.. Enumerable.Range(start, parts[0].Length + parts[1].Length)];
        return new TargetExample(parts[0], [.. parts[1], _end], gold);
    }

    private static List<string> Keys(Random random, int count)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (keys.Count < count)
        {
            var key = Draw(random, KeyLetters, KeyLength);
            for (var i = 0; i < GroupKeys && keys.Count < count; i++)
            {
                keys.Add(key);
                var place = random.Next(KeyLength);
                key = key[..place] + KeyLetters[random.Next(KeyLetters.Length)] + key[(place + 1)..];
            }
        }

        string[] shuffled = [.. keys];
        random.Shuffle(shuffled);
        return [.. shuffled];
    }

    private static string Draw(Random random, string characters, int count) =>
        new([.. Enumerable.Range(0, count).Select(_ => characters[random.Next(characters.Length)])]);

    /// <summary>Each part for itself, so that a document has the same tokens as a target, whatever the tokenizer.</summary>
    private int[][] Pair(string key, string value) =>
        [_tokenizer.Encode(key), _tokenizer.Encode(value), _tokenizer.Encode(";")];
}
