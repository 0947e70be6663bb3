using Microsoft.ML.Tokenizers;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Counts tokens as the agents' models do, by the vocabulary o200k, which is close to those of other vendors. Its
/// 200,000 entries take half a second of one core, so that they are loaded beside the first search.
/// </summary>
internal static class TokenCounter
{
    private const string Encoding = "o200k_base";

    private static readonly Lazy<Tokenizer> s_tokenizer = new(() => TiktokenTokenizer.CreateForEncoding(Encoding));

    /// <summary>Begins to load the vocabulary, for who will count soon.</summary>
    public static void Prepare()
    {
        if (!s_tokenizer.IsValueCreated)
        {
            _ = Task.Run(static () => s_tokenizer.Value);
        }
    }

    /// <summary>The number of tokens of a text.</summary>
    public static int Count(string text) => text.Length == 0 ? 0 : s_tokenizer.Value.CountTokens(text);

    /// <summary>The length of the longest beginning of a text that has at most so many tokens.</summary>
    public static int Prefix(string text, int tokens) =>
        s_tokenizer.Value.GetIndexByTokenCount(text, tokens, out _, out _);
}
