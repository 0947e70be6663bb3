using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Tokenizers.Normalizers;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>A unigram tokenizer as Hugging Face's libraries write it: <c>tokenizer.json</c> of type Unigram.</summary>
internal static class UnigramJson
{
    private const string Mark = "\u2581";

    /// <summary>Whether the model of a file is of this type.</summary>
    public static bool Is(JsonElement model) =>
        model.Text("type") == "Unigram"
        || (model.Text("type") is null && model.Member("vocab") is { ValueKind: JsonValueKind.Array });

    /// <summary>Reads the tokenizer.</summary>
    /// <exception cref="CheckpointException">A step is not one that SentencePiece takes.</exception>
    /// <exception cref="FormatException">A value is damaged.</exception>
    public static Tokenizer Read(string path, JsonElement root, string folder)
    {
        var model = root.GetProperty("model");
        var unknown = model.Member("unk_id")?.GetInt32() ?? TokenVocabulary.None;
        var hasBytes = model.Flag("byte_fallback");
        var (tokens, kinds, scores) = (new List<ReadOnlyMemory<byte>>(), new List<TokenKind>(), new List<float>());
        foreach (var piece in model.GetProperty("vocab").EnumerateArray())
        {
            if (piece.GetArrayLength() != 2 || piece[0].GetString() is not { } text)
            {
                throw new FormatException(
                    $"{JsonFields.Excerpt(piece)} found in vocab, expected a piece and its score"
                );
            }

            var value = hasBytes ? SentencePieceAlphabet.ByteOf(text) : null;
            var isUnknown = tokens.Count == unknown;
            kinds.Add(
                isUnknown ? TokenKind.Unknown
                : value is not null ? TokenKind.Byte
                : TokenKind.Normal
            );
            tokens.Add(value is { } one && !isUnknown ? new[] { one } : SentencePieceAlphabet.Decode(text));
            var score = piece[1].GetSingle();
            scores.Add(float.IsFinite(score) ? score : throw new FormatException($"a score of {score} found"));
        }

        AddSpecial(path, root, tokens, kinds, scores);
        var vocabulary = new TokenVocabulary(tokens, [.. kinds]);
        var settings = TokenizerJsonSettings.Read(folder, root, vocabulary);
        return new UnigramTokenizer(vocabulary, [.. scores], ReadNormalizer(path, root), settings);
    }

    private static void AddSpecial(
        string path,
        JsonElement root,
        List<ReadOnlyMemory<byte>> tokens,
        List<TokenKind> kinds,
        List<float> scores
    )
    {
        var added = root.Member("added_tokens") is { } list ? list.EnumerateArray().ToArray() : [];
        foreach (var token in added.OrderBy(one => one.GetProperty("id").GetInt32()))
        {
            var id = token.GetProperty("id").GetInt32();
            var text = Encoding.UTF8.GetBytes(token.GetProperty("content").GetString()!);
            var kind = token.Flag("special") ? TokenKind.Control : TokenKind.UserDefined;
            if (id == tokens.Count)
            {
                tokens.Add(text);
                kinds.Add(kind);
                scores.Add(0);
            }
            else if (id < 0 || id > tokens.Count)
            {
                throw new CheckpointException(
                    path,
                    $"added_tokens: id {id} found, expected at most {tokens.Count}, the next one"
                );
            }
            else if (kinds[id] != TokenKind.Unknown)
            {
                (tokens[id], kinds[id]) = (text, kind);
            }
        }
    }

    /// <summary>
    /// The effect of the normalizer and the pre-tokenizer together: SentencePiece's own normalization, whose spaces they write as
    /// <c>▁</c> and whose runs of spaces they join in one of several ways.
    /// </summary>
    private static SentencePieceNormalizer ReadNormalizer(string path, JsonElement root)
    {
        CharacterMap? map = null;
        var (addsSpace, joinsSpaces) = (false, false);
        foreach (var step in TokenizerJsonRules.Steps(root.Member("normalizer"), "normalizers"))
        {
            switch (step.Text("type"))
            {
                case "Precompiled":
                    map = CharacterMap.Read(Convert.FromBase64String(step.Text("precompiled_charsmap") ?? ""));
                    break;
                case "Strip" when step.Flag("strip_right"):
                    break;
                case "Replace" when IsSpaces(step.Member("pattern")) && step.Text("content") is " " or Mark:
                    joinsSpaces = true;
                    break;
                default:
                    throw Unexpected("normalizer", step, "Precompiled, Strip or the joining of spaces");
            }
        }

        foreach (var step in TokenizerJsonRules.Steps(root.Member("pre_tokenizer"), "pretokenizers"))
        {
            switch (step.Text("type"))
            {
                case "WhitespaceSplit":
                    joinsSpaces = true;
                    break;
                case "Metaspace" when (step.Text("replacement") ?? Mark) == Mark:
                    addsSpace |=
                        step.Text("prepend_scheme") is "first" or "always"
                        || (step.Text("prepend_scheme") is null && step.Flag("add_prefix_space"));
                    break;
                default:
                    throw Unexpected("pre_tokenizer", step, "WhitespaceSplit or Metaspace");
            }
        }

        return new SentencePieceNormalizer(map, addsSpace, joinsSpaces);

        CheckpointException Unexpected(string part, JsonElement step, string expected)
        {
            var found = step.Text("type") ?? "nothing";
            return new CheckpointException(
                path,
                $"{part}: {found} found, expected {expected}: use the repository's {SentencePieceModel.FileName}"
            );
        }

        static bool IsSpaces(JsonElement? pattern) => pattern?.Text("Regex") is " {2,}" or "\u2581{2,}";
    }
}
