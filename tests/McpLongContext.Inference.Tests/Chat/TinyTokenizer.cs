using System.Text;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Tests.Chat;

/// <summary>A tokenizer with a token for each byte, some control tokens, and a chat template.</summary>
internal static class TinyTokenizer
{
    public static Tokenizer Create(string? template, bool addsBegin = false, params string[] control)
    {
        var bytes = Enumerable.Range(0, 256).Select(value => (ReadOnlyMemory<byte>)new[] { (byte)value });
        string[] names = ["<s>", "</s>", .. control];
        var tokens = bytes.Concat(names.Select(name => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(name))).ToList();
        var kinds = tokens.Select((_, id) => id < 256 ? TokenKind.Normal : TokenKind.Control).ToArray();
        var settings = new TokenizerSettings
        {
            Begin = 256,
            AddsBegin = addsBegin,
            End = 257,
            ChatTemplate = template,
        };
        return new ByteLevelTokenizer(new TokenVocabulary(tokens, kinds), new MergeTable([]), [], false, settings);
    }
}
