using System.Text;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Tokenizers.Normalizers;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>
/// A unigram tokenizer as SentencePiece writes it, <c>spiece.model</c>: a Protocol Buffers message with the pieces, their
/// scores and the normalizer.
/// </summary>
internal static class SentencePieceModel
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string FileName = "spiece.model";

    private const int Unigram = 1;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folder">The model's folder; special tokens are named by the files beside the model.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or holds another kind of tokenizer.</exception>
    public static Tokenizer Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return Read(path, File.ReadAllBytes(path), folder);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IOException or InvalidOperationException)
        {
            throw new CheckpointException(path, $"is not a unigram tokenizer: {e.Message}", e);
        }
    }

    /// <summary>Whether a file holds a unigram tokenizer; so does a damaged one, whose loading tells the damage.</summary>
    /// <param name="path">The file.</param>
    public static bool IsUnigram(string path)
    {
        try
        {
            var fields = new ProtobufReader(File.ReadAllBytes(path));
            while (fields.Next())
            {
                if (fields.Field == 2)
                {
                    return ReadModelType(fields.Bytes, Unigram) == Unigram;
                }
            }
        }
        catch (FormatException)
        {
            // The damage may hide the field that says so.
        }

        return true;
    }

    private static UnigramTokenizer Read(string path, ReadOnlySpan<byte> model, string folder)
    {
        var pieces = new List<(ReadOnlyMemory<byte> Bytes, TokenKind Kind, float Score)>();
        var normalizer = new SentencePieceNormalizer(map: null, addsSpace: true, joinsSpaces: true);
        var fields = new ProtobufReader(model);
        var modelType = Unigram;
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    pieces.Add(ReadPiece(fields.Bytes));
                    break;
                case 2:
                    modelType = ReadModelType(fields.Bytes, modelType);
                    break;
                case 3:
                    normalizer = ReadNormalizer(fields.Bytes);
                    break;
            }
        }

        if (modelType != Unigram)
        {
            throw new CheckpointException(
                path,
                $"a SentencePiece model of type {modelType} found, expected unigram (1): use the repository's {TokenizerJson.FileName}"
            );
        }

        var kinds = pieces.Select(piece => piece.Kind).ToArray();
        var vocabulary = new TokenVocabulary([.. pieces.Select(piece => piece.Bytes)], kinds);
        var settings = TokenizerJsonSettings.Read(folder, default, vocabulary);
        return new UnigramTokenizer(vocabulary, [.. pieces.Select(piece => piece.Score)], normalizer, settings);
    }

    private static (ReadOnlyMemory<byte> Bytes, TokenKind Kind, float Score) ReadPiece(ReadOnlySpan<byte> message)
    {
        var (text, kind, score) = ("", TokenKind.Normal, 0f);
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    text = Encoding.UTF8.GetString(fields.Bytes);
                    break;
                case 2:
                    score = fields.Single;
                    break;
                case 3:
                    // The numbers are those of GGUF, which has them from here.
                    kind = fields.Number is >= 1 and <= 6
                        ? (TokenKind)fields.Number
                        : throw new FormatException($"a piece of type {fields.Number} found, expected 1 to 6");
                    break;
            }
        }

        if (!float.IsFinite(score))
        {
            throw new FormatException($"a score of {score} found for '{text}'");
        }

        ReadOnlyMemory<byte> bytes =
            kind == TokenKind.Byte ? new[] { ByteOf(text) }
            : kind == TokenKind.Normal ? SentencePieceAlphabet.Decode(text)
            : Encoding.UTF8.GetBytes(text);
        return (bytes, kind, score);
    }

    private static byte ByteOf(string text) =>
        SentencePieceAlphabet.ByteOf(text)
        ?? throw new FormatException($"'{text}' found for a byte, expected <0x00> to <0xFF>");

    private static int ReadModelType(ReadOnlySpan<byte> message, int missing)
    {
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            if (fields.Field == 3)
            {
                missing = (int)fields.Number;
            }
        }

        return missing;
    }

    private static SentencePieceNormalizer ReadNormalizer(ReadOnlySpan<byte> message)
    {
        CharacterMap? map = null;
        var (addsSpace, joinsSpaces) = (true, true);
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 2 when !fields.Bytes.IsEmpty:
                    map = CharacterMap.Read(fields.Bytes);
                    break;
                case 3:
                    addsSpace = fields.Number != 0;
                    break;
                case 4:
                    joinsSpaces = fields.Number != 0;
                    break;
                case 5 when fields.Number == 0:
                    throw new FormatException("escape_whitespaces: false found, expected true");
            }
        }

        return new SentencePieceNormalizer(map, addsSpace, joinsSpaces);
    }
}
