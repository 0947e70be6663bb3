using System.Text.Json;

namespace McpLongContext.Training.Language;

/// <summary>A tokenizer of bytes as <c>tokenizer.json</c>: a token a byte, and one that begins and ends a text.</summary>
internal static class ByteTokenizer
{
    /// <summary>Tokens of the vocabulary.</summary>
    public const int Count = 257;

    private const string End = "<|endoftext|>";

    /// <summary>Writes the tokenizer's files.</summary>
    /// <param name="folder">The model's folder.</param>
    public static void Write(string folder)
    {
        var vocabulary = Enumerable.Range(0, Count - 1).ToDictionary(value => CharacterOf(value).ToString());
        var tokenizer = new
        {
            version = "1.0",
            added_tokens = new[]
            {
                new
                {
                    id = Count - 1,
                    content = End,
                    special = true,
                },
            },
            pre_tokenizer = new
            {
                type = "ByteLevel",
                add_prefix_space = false,
                use_regex = false,
            },
            model = new
            {
                type = "BPE",
                vocab = vocabulary,
                merges = Array.Empty<string>(),
            },
        };
        var settings = new
        {
            bos_token = End,
            eos_token = End,
            add_bos_token = true,
        };
        Save("tokenizer.json", tokenizer);
        Save("tokenizer_config.json", settings);

        void Save(string name, object content) =>
            AtomicFile.Write(Path.Combine(folder, name), stream => JsonSerializer.Serialize(stream, content));
    }

    /// <summary>
    /// The character that stands for a byte in files of byte-level tokenizers: itself where it is printable, otherwise
    /// the next one from U+0100 on.
    /// </summary>
    private static char CharacterOf(int value) =>
        IsPrintable(value) ? (char)value : (char)(0x100 + Enumerable.Range(0, value).Count(one => !IsPrintable(one)));

    private static bool IsPrintable(int value) => value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
}
