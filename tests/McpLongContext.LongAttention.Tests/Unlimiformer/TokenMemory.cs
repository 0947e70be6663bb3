using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Tests.Unlimiformer;

/// <summary>Texts and their keys in memory.</summary>
internal sealed class TokenMemory : ITokenMemory
{
    private readonly List<int[]> _tokens = [];
    private readonly List<TokenMemoryText> _texts = [];

    public IReadOnlyList<TokenMemoryText> Texts => _texts;

    public IReadOnlyList<int> ReadTokens(TokenMemorySpan span) =>
        _tokens[span.Text].AsSpan(span.First, span.Count).ToArray();

    /// <summary>Adds a text whose keys stand in several blocks.</summary>
    public void Add(KeyEncoder encoder, params int[][] blocks)
    {
        _tokens.Add([.. blocks.SelectMany(block => block)]);
        _texts.Add(new TokenMemoryText($"text {_texts.Count}", [.. blocks.Select(Encode)]));

        KeyBuffer Encode(int[] tokens)
        {
            var keys = new KeyBuffer(encoder.Layout.Shape);
            encoder.Encode(tokens, keys);
            return keys;
        }
    }

    /// <summary>Adds a text of given keys.</summary>
    public void Add(int[] tokens, KeyBuffer keys)
    {
        _tokens.Add(tokens);
        _texts.Add(new TokenMemoryText($"text {_texts.Count}", [keys]));
    }

    /// <summary>Adds a text of given blocks.</summary>
    public void Add(params IKeyBlock[] blocks)
    {
        _tokens.Add(new int[blocks.Sum(block => block.Tokens)]);
        _texts.Add(new TokenMemoryText($"text {_texts.Count}", blocks));
    }

    /// <summary>Adds a text of given vectors in one plane, [tokens, dimensions].</summary>
    public void Add(int dimensions, params float[][] blocks)
    {
        _tokens.Add(new int[blocks.Sum(block => block.Length) / dimensions]);
        _texts.Add(new TokenMemoryText($"text {_texts.Count}", [.. blocks.Select(Encode)]));

        KeyBuffer Encode(float[] vectors)
        {
            var keys = new KeyBuffer(new KeyShape(1, dimensions));
            keys.Append(0, vectors);
            return keys;
        }
    }
}
