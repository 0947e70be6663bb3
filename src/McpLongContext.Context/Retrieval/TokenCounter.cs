using System.Text;
using Microsoft.ML.Tokenizers;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Counts tokens as the agents' models do, by the vocabulary o200k, which is close to those of other vendors. Its
/// 200,000 entries take half a second of one core. They are loaded after the first search, and no answer waits for
/// them: until then a token is taken for three bytes of UTF-8, which is rather too few.
/// </summary>
internal static class TokenCounter
{
    private const string Vocabulary = "o200k_base";
    private const int EstimatedBytes = 3;

    private static readonly Lazy<Tokenizer> s_tokenizer = new(() => TiktokenTokenizer.CreateForEncoding(Vocabulary));

    /// <summary>Begins to load the vocabulary, for who will count soon.</summary>
    public static void Prepare()
    {
        if (!s_tokenizer.IsValueCreated)
        {
            _ = Task.Run(Load);
        }
    }

    /// <summary>Loads the vocabulary: all counts that follow are exact.</summary>
    public static void Load() => _ = s_tokenizer.Value;

    /// <summary>The number of tokens of a text.</summary>
    public static int Count(string text) =>
        s_tokenizer.IsValueCreated
            ? text.Length == 0
                ? 0
                : s_tokenizer.Value.CountTokens(text)
            : (Encoding.UTF8.GetByteCount(text) + EstimatedBytes - 1) / EstimatedBytes;

    /// <summary>The length of the longest beginning of a text that has at most so many tokens.</summary>
    public static int Prefix(string text, int tokens) =>
        s_tokenizer.IsValueCreated
            ? s_tokenizer.Value.GetIndexByTokenCount(text, tokens, out _, out _)
            : EstimatedPrefix(text, tokens * EstimatedBytes);

    private static int EstimatedPrefix(string text, int bytes)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return length;
    }
}
