using System.Text.Json;
using System.Text.Json.Serialization;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>The settings of a WordPiece tokenizer in a <c>tokenizer.json</c>, validated.</summary>
internal sealed partial record WordPieceSettings
{
    /// <summary>The longest word that may be asked for, in code points.</summary>
    public const int LongestWordLimit = 512;

    /// <summary>Most distinct code points of a vocabulary: symbols share 16 bits with a few marks.</summary>
    private const int MaxAlphabet = 60_000;

    private const string UnknownToken = "[UNK]";
    private const string ClsToken = "[CLS]";
    private const string SepToken = "[SEP]";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        AllowDuplicateProperties = false,
        TypeInfoResolver = FileJson.Default,
    };

    /// <summary>The vocabulary in the order of its ids.</summary>
    public required string[] Pieces { get; init; }

    /// <summary>The code points that pieces consist of, numbered from 1.</summary>
    public required Dictionary<int, ushort> Alphabet { get; init; }

    /// <summary>The prefix of pieces inside a word.</summary>
    public required string ContinuationPrefix { get; init; }

    /// <summary>Longer words, in code points, are unknown.</summary>
    public required int MaxWordLength { get; init; }

    /// <summary>How text is normalized.</summary>
    public required BertNormalizer Normalizer { get; init; }

    /// <summary>The token of an unknown word.</summary>
    public required int UnknownId { get; init; }

    /// <summary>The token that begins a sequence.</summary>
    public required int ClsId { get; init; }

    /// <summary>The token that ends a sequence.</summary>
    public required int SepId { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or describes another kind of
    /// tokenizer.</exception>
    public static WordPieceSettings Load(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var file = JsonSerializer.Deserialize<TokenizerFile>(stream, s_json);
            return Validate(path, file ?? throw new CheckpointException(path, "null found, expected an object"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CheckpointException(path, $"cannot be read as a tokenizer: {e.Message}", e);
        }
    }

    private static WordPieceSettings Validate(string path, TokenizerFile file)
    {
        RequireType(path, "model", file.Model?.Type, "WordPiece");
        RequireType(path, "normalizer", file.Normalizer?.Type, "BertNormalizer");
        RequireType(path, "pre_tokenizer", file.PreTokenizer?.Type, "BertPreTokenizer");
        var model = file.Model!;
        var normalizer = file.Normalizer!;
        if (model.MaxInputCharsPerWord is < 1 or > LongestWordLimit)
        {
            throw new CheckpointException(
                path,
                $"max_input_chars_per_word: {model.MaxInputCharsPerWord} found, expected 1 to {LongestWordLimit}"
            );
        }

        if (model.ContinuingSubwordPrefix.Length == 0)
        {
            throw new CheckpointException(path, "continuing_subword_prefix: nothing found, expected a prefix like ##");
        }

        var vocabulary = model.Vocab ?? throw new CheckpointException(path, "model.vocab: not found");
        var pieces = InOrder(path, vocabulary);
        return new WordPieceSettings
        {
            Pieces = pieces,
            Alphabet = AlphabetOf(path, pieces),
            ContinuationPrefix = model.ContinuingSubwordPrefix,
            MaxWordLength = model.MaxInputCharsPerWord,
            Normalizer = new BertNormalizer(
                normalizer.CleanText,
                normalizer.HandleChineseChars,
                normalizer.StripAccents ?? normalizer.Lowercase,
                normalizer.Lowercase
            ),
            UnknownId = Find(path, vocabulary, model.UnkToken),
            ClsId = Find(path, vocabulary, ClsToken),
            SepId = Find(path, vocabulary, SepToken),
        };
    }

    private static string[] InOrder(string path, Dictionary<string, int> vocabulary)
    {
        var pieces = new string[vocabulary.Count];
        foreach (var (piece, id) in vocabulary)
        {
            if ((uint)id >= (uint)pieces.Length || pieces[id] is not null)
            {
                throw new CheckpointException(
                    path,
                    $"token '{piece}': id {id} found, expected each of 0 to {pieces.Length - 1} once"
                );
            }

            pieces[id] = piece;
        }

        return pieces;
    }

    private static Dictionary<int, ushort> AlphabetOf(string path, string[] pieces)
    {
        var alphabet = new Dictionary<int, ushort>();
        foreach (var piece in pieces)
        {
            foreach (var rune in piece.EnumerateRunes())
            {
                alphabet.TryAdd(rune.Value, (ushort)(alphabet.Count + 1));
            }
        }

        return alphabet.Count <= MaxAlphabet
            ? alphabet
            : throw new CheckpointException(
                path,
                $"{alphabet.Count} distinct characters found, at most {MaxAlphabet} expected"
            );
    }

    private static int Find(string path, Dictionary<string, int> vocabulary, string token) =>
        vocabulary.TryGetValue(token, out var id)
            ? id
            : throw new CheckpointException(path, $"token '{token}': not found in the vocabulary");

    private static void RequireType(string path, string part, string? found, string expected)
    {
        if (!string.Equals(found, expected, StringComparison.Ordinal))
        {
            throw new CheckpointException(path, $"{part}: {found ?? "nothing"} found, expected {expected}");
        }
    }

    private sealed record TokenizerFile(NormalizerPart? Normalizer, TypedPart? PreTokenizer, ModelPart? Model);

    private sealed record TypedPart(string? Type);

    private sealed record NormalizerPart(
        string? Type,
        bool? StripAccents,
        bool CleanText = true,
        bool HandleChineseChars = true,
        bool Lowercase = true
    );

    private sealed record ModelPart(
        string? Type,
        Dictionary<string, int>? Vocab,
        string UnkToken = UnknownToken,
        string ContinuingSubwordPrefix = "##",
        int MaxInputCharsPerWord = 100
    );

    [JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
    [JsonSerializable(typeof(TokenizerFile))]
    private sealed partial class FileJson : JsonSerializerContext;
}
