using System.Buffers.Binary;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>
/// The tokenizer of a llama2.c model, <c>tokenizer.bin</c>: <c>i32 longest, then for each token f32 score, i32 length,
/// bytes</c>, little-endian, with spaces written as such. The first tokens are unknown, begin and end, the next 256 the
/// bytes, as in Llama 2.
/// </summary>
public static class TokenizerBin
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string FileName = "tokenizer.bin";

    private const int Unknown = 0;
    private const int Begin = 1;
    private const int End = 2;
    private const int FirstByte = 3;
    private const int FirstPiece = FirstByte + 256;
    private const int MaxBytes = 64 << 20;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file cannot be read or is no such file.</exception>
    public static Tokenizer Load(string path)
    {
        var file = ReadAll(path);
        var tokens = new List<ReadOnlyMemory<byte>>();
        var scores = new List<float>();
        for (var at = sizeof(int); at < file.Length; )
        {
            var rest = file.AsMemory(at);
            var length = rest.Length < 8 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(rest.Span[4..]);
            if (length < 0 || length > rest.Length - 8)
            {
                throw new CheckpointException(path, $"token {tokens.Count} at byte {at} does not fit: it is truncated");
            }

            scores.Add(BinaryPrimitives.ReadSingleLittleEndian(rest.Span));
            tokens.Add(rest.Slice(8, length));
            at += 8 + length;
        }

        if (tokens.Count < FirstPiece)
        {
            throw new CheckpointException(path, $"{tokens.Count} tokens found, expected at least {FirstPiece}");
        }

        var kinds = new TokenKind[tokens.Count];
        Array.Fill(kinds, TokenKind.Normal);
        kinds[Unknown] = TokenKind.Unknown;
        kinds[Begin] = kinds[End] = TokenKind.Control;
        // The file writes these in ways that differ between its versions.
        (tokens[Begin], tokens[End]) = ("<s>"u8.ToArray(), "</s>"u8.ToArray());
        for (var value = 0; value < 256; value++)
        {
            kinds[FirstByte + value] = TokenKind.Byte;
            tokens[FirstByte + value] = new[] { (byte)value };
        }

        var vocabulary = new TokenVocabulary(tokens, kinds);
        var settings = new TokenizerSettings
        {
            Begin = Begin,
            AddsBegin = true,
            End = End,
            // Its models were trained on stories that follow each other: a new one begins where one ends.
            Ends = new HashSet<int> { Begin, End },
        };
        var merges = SentencePieceTokenizer.MergesOf(vocabulary, scores.ToArray());
        return new SentencePieceTokenizer(vocabulary, merges, addsSpace: true, fusesUnknown: true, settings);
    }

    private static byte[] ReadAll(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length is >= sizeof(int) and <= MaxBytes
                ? File.ReadAllBytes(path)
                : throw new CheckpointException(path, $"{length} bytes found, expected 4 to {MaxBytes}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {e.Message}", e);
        }
    }
}
