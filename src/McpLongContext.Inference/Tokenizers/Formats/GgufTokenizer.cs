using System.Text;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Tokenizers.PreTokenizers;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>The tokenizer in a GGUF file's metadata, <c>tokenizer.ggml.*</c>.</summary>
public static class GgufTokenizer
{
    private const string Model = "tokenizer.ggml.model";
    private const string Tokens = "tokenizer.ggml.tokens";
    private const string Kinds = "tokenizer.ggml.token_type";
    private const string Scores = "tokenizer.ggml.scores";
    private const string Merges = "tokenizer.ggml.merges";

    /// <summary>Whether a file has a tokenizer.</summary>
    internal static bool IsIn(GgufFile file) => file.Metadata.Contains(Model);

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="file">The file; it may be closed afterwards.</param>
    /// <exception cref="CheckpointException">The file has no tokenizer, or a damaged or unsupported one.</exception>
    public static Tokenizer Load(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var metadata = file.Metadata;
        var model = metadata.GetString(Model);
        try
        {
            return model switch
            {
                "gpt2" => LoadByteLevel(file.Path, metadata),
                "llama" => LoadSentencePiece(file.Path, metadata),
                _ => throw new CheckpointException(
                    file.Path,
                    $"{Model}: '{model}' found, expected gpt2 (byte-level BPE) or llama (SentencePiece BPE)"
                ),
            };
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(file.Path, e.Message, e);
        }
    }

    private static ByteLevelTokenizer LoadByteLevel(string path, GgufMetadata metadata)
    {
        var texts = metadata.GetStrings(Tokens);
        var kinds = ReadKinds(path, metadata, texts.Count);
        var tokens = texts.Select((text, id) => ByteLevelBytes(text, kinds[id])).ToList();
        var vocabulary = new TokenVocabulary(tokens, kinds);
        var merges = MergeList.Read(
            path,
            vocabulary,
            [.. metadata.GetStrings(Merges).Select(MergeList.Split)],
            ByteAlphabet.Decode
        );
        var name = metadata.FindString("tokenizer.ggml.pre");
        var settings = ReadSettings(metadata, vocabulary, addsBegin: false);
        return new ByteLevelTokenizer(
            vocabulary,
            merges,
            PreTokenizerRules.OfName(path, name),
            takesWholePieces: PreTokenizerRules.IsLlama3(name),
            settings
        );
    }

    private static SentencePieceTokenizer LoadSentencePiece(string path, GgufMetadata metadata)
    {
        var texts = metadata.GetStrings(Tokens);
        var kinds = ReadKinds(path, metadata, texts.Count);
        var scores = metadata.FindSingles(Scores);
        if (scores is null || scores.Count != texts.Count)
        {
            throw new CheckpointException(
                path,
                $"{Scores}: {scores?.Count ?? 0} found, expected one for each of {texts.Count} tokens"
            );
        }

        var tokens = texts.Select((text, id) => SentencePieceBytes(path, text, kinds[id])).ToList();
        var vocabulary = new TokenVocabulary(tokens, kinds);
        return new SentencePieceTokenizer(
            vocabulary,
            SentencePieceTokenizer.MergesOf(vocabulary, [.. scores]),
            metadata.FindBoolean("tokenizer.ggml.add_space_prefix") ?? true,
            fusesUnknown: true,
            ReadSettings(metadata, vocabulary, addsBegin: true)
        );
    }

    private static TokenKind[] ReadKinds(string path, GgufMetadata metadata, int count)
    {
        var numbers = metadata.FindInt32s(Kinds);
        if (numbers is null)
        {
            return [.. Enumerable.Repeat(TokenKind.Normal, count)];
        }

        if (numbers.Count != count)
        {
            throw new CheckpointException(
                path,
                $"{Kinds}: {numbers.Count} found, expected {count}, one for each token"
            );
        }

        var wrong = numbers.FirstOrDefault(number => number is < (int)TokenKind.Normal or > (int)TokenKind.Byte, 1);
        return wrong == (int)TokenKind.Normal
            ? [.. numbers.Select(number => (TokenKind)number)]
            : throw new CheckpointException(path, $"{Kinds}: {wrong} found, expected 1 to 6");
    }

    private static ReadOnlyMemory<byte> ByteLevelBytes(string text, TokenKind kind) =>
        (kind == TokenKind.Normal ? ByteAlphabet.Decode(text) : null) ?? Encoding.UTF8.GetBytes(text);

    private static ReadOnlyMemory<byte> SentencePieceBytes(string path, string text, TokenKind kind)
    {
        if (kind != TokenKind.Byte)
        {
            return SentencePieceAlphabet.Decode(text);
        }

        return SentencePieceAlphabet.ByteOf(text) is { } value
            ? new[] { value }
            : throw new CheckpointException(path, $"{Tokens}: '{text}' found for a byte, expected one like <0x0A>");
    }

    private static TokenizerSettings ReadSettings(GgufMetadata metadata, TokenVocabulary vocabulary, bool addsBegin)
    {
        var begin = metadata.FindInt32("tokenizer.ggml.bos_token_id");
        var end = metadata.FindInt32("tokenizer.ggml.eos_token_id");
        var isLlama3 = PreTokenizerRules.IsLlama3(metadata.FindString("tokenizer.ggml.pre"));
        return new TokenizerSettings
        {
            Warnings = TokenizerSettings.WarningsOf(
                vocabulary,
                metadata.FindBoolean("tokenizer.ggml.add_eos_token") ?? false
            ),
            Begin = begin is >= 0 && begin < vocabulary.Count ? begin : null,
            AddsBegin = metadata.FindBoolean("tokenizer.ggml.add_bos_token") ?? (addsBegin || isLlama3),
            End = end is >= 0 && end < vocabulary.Count ? end : null,
            Ends = TokenizerSettings.EndsOf(vocabulary, end, metadata.FindInt32("tokenizer.ggml.eot_token_id")),
            ChatTemplate = metadata.FindString("tokenizer.chat_template"),
        };
    }
}
