using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpLongContext.Inference.Tokenizers;
using Microsoft.ML.Tokenizers;
using Tokenizer = McpLongContext.Inference.Tokenizers.Tokenizer;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>
/// The byte-level tokenizers against the one of Microsoft.ML.Tokenizers, which shares nothing with them but the vocabulary:
/// it splits by regular expressions of .NET and merges by rank. Where it is not an oracle, and why it does not replace ours,
/// see docs/decisions/tokenizers.md.
/// </summary>
public sealed partial class TiktokenOracleTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    [InlineData("qwen2")]
    public async Task Golden_lines_have_the_tokens_of_Tiktoken(string name)
    {
        var ours = await TokenizerFiles.JsonAsync(name);
        var oracle = await OracleAsync(ours, PatternOf(name));
        using var stream = new BrotliStream(Golden.Open("bpe-lines.json.br"), CompressionMode.Decompress);
        using var lines = JsonDocument.Parse(stream);
        var compared = 0;
        var other = new List<string>();
        foreach (var line in lines.RootElement.EnumerateArray())
        {
            var text = GoldenText.Unescape(line[0].GetRawText());
            if (IsOutsideTheOracle(text))
            {
                continue;
            }

            compared++;
            if (!oracle.EncodeToIds(text).SequenceEqual(ours.Encode(text)))
            {
                other.Add(line[0].GetRawText());
            }
        }

        Assert.True(other.Count == 0, $"{other.Count} of {compared} differ:\n{string.Join('\n', other.Take(20))}");
        Assert.InRange(compared, 1200, 2100);
    }

    /// <summary>
    /// Regular expressions of .NET see the two halves of a character beyond U+FFFF, which are neither letters nor digits,
    /// and pass over halves that stand alone.
    /// </summary>
    private static bool IsOutsideTheOracle(string text) => text.Any(char.IsSurrogate);

    /// <summary>Merging by rank: in these vocabularies a token's id is its rank.</summary>
    private static async Task<TiktokenTokenizer> OracleAsync(Tokenizer ours, Regex pattern)
    {
        var vocabulary = new StringBuilder();
        for (var id = 0; id < ours.Vocabulary.Count; id++)
        {
            if (ours.Vocabulary.KindOf(id) == TokenKind.Normal)
            {
                vocabulary.Append(Convert.ToBase64String(ours.BytesOf(id))).Append(' ').Append(id).Append('\n');
            }
        }

        using var stream = new MemoryStream(Encoding.ASCII.GetBytes(vocabulary.ToString()));
        return await TiktokenTokenizer.CreateAsync(
            stream,
            new RegexPreTokenizer(pattern, specialTokens: null),
            normalizer: null,
            cancellationToken: TestContext.Current.CancellationToken
        );
    }

    private static Regex PatternOf(string name) =>
        name switch
        {
            "gpt2" => Gpt2(),
            "llama3" => Llama3(),
            _ => Qwen2(),
        };

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2();

    [GeneratedRegex(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )]
    private static partial Regex Llama3();

    [GeneratedRegex(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )]
    private static partial Regex Qwen2();
}
