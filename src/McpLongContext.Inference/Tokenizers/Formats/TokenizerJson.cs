using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>
/// The tokenizer in a model's folder as Hugging Face's libraries write it: <c>tokenizer.json</c>, and beside it
/// <c>tokenizer_config.json</c> and <c>generation_config.json</c>, which say what begins and ends a text.
/// </summary>
public static class TokenizerJson
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string FileName = "tokenizer.json";

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="CheckpointException">
    /// A file cannot be read, is damaged, or describes a tokenizer of a kind that is not supported.
    /// </exception>
    public static Tokenizer Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        using var file = JsonFile.Open(path);
        try
        {
            return Read(path, file.RootElement, folder);
        }
        // What the elements of a well-formed document throw when they are of another kind than is asked for.
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new CheckpointException(path, $"is not a tokenizer: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(path, e.Message, e);
        }
    }

    private static Tokenizer Read(string path, JsonElement root, string folder)
    {
        var model = root.GetProperty("model");
        if (UnigramJson.Is(model))
        {
            return UnigramJson.Read(path, root, folder);
        }

        if (model.Text("type") is not (null or "BPE") || model.Member("merges") is not { } merges)
        {
            throw new CheckpointException(
                path,
                $"model: {model.Text("type") ?? "nothing"} found, expected BPE or Unigram"
            );
        }

        foreach (var affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (!string.IsNullOrEmpty(model.Text(affix)))
            {
                throw new CheckpointException(path, $"model.{affix}: '{model.Text(affix)}' found, expected none");
            }
        }

        if (model.Member("dropout") is { } dropout && dropout.GetDouble() != 0)
        {
            throw new CheckpointException(path, $"model.dropout: {dropout.GetRawText()} found, expected none");
        }

        var rules = TokenizerJsonRules.Read(path, root);
        if (!rules.IsByteLevel && model.Flag("ignore_merges"))
        {
            throw new CheckpointException(path, "model.ignore_merges: true found, expected false without ByteLevel");
        }

        var vocabulary = ReadVocabulary(path, root, model, rules.IsByteLevel);
        var table = MergeList.Read(
            path,
            vocabulary,
            [.. merges.EnumerateArray().Select(MergeOf)],
            rules.IsByteLevel ? ByteAlphabet.Decode : SentencePieceAlphabet.Decode
        );
        var settings = TokenizerJsonSettings.Read(folder, root, vocabulary);
        return rules.IsByteLevel
            ? new ByteLevelTokenizer(vocabulary, table, rules.Words, model.Flag("ignore_merges"), settings)
            : new SentencePieceTokenizer(vocabulary, table, rules.AddsSpace, model.Flag("fuse_unk"), settings);
    }

    private static (string Left, string Right) MergeOf(JsonElement merge) =>
        merge.ValueKind == JsonValueKind.Array ? (Side(merge[0]), Side(merge[1])) : MergeList.Split(Side(merge));

    private static string Side(JsonElement text) =>
        text.GetString() ?? throw new FormatException("null found for a merge, expected a text");

    private static TokenVocabulary ReadVocabulary(string path, JsonElement root, JsonElement model, bool isByteLevel)
    {
        var pieces = model.GetProperty("vocab").EnumerateObject().Select(one => (one.Name, Id: one.Value.GetInt32()));
        var added = root.Member("added_tokens") is { } list ? list.EnumerateArray().ToArray() : [];
        var all = pieces.ToList();
        var ids = all.Select(piece => piece.Id)
            .Concat(added.Select(token => token.GetProperty("id").GetInt32()))
            .ToList();
        // Ids are numbers of rows of a matrix: a file with far more of them than tokens is damaged.
        if (ids.Exists(id => id < 0 || id >= 2 * ids.Count))
        {
            throw new CheckpointException(path, $"ids from {ids.Min()} to {ids.Max()} found for {ids.Count} tokens");
        }

        var count = ids.Count == 0 ? 0 : ids.Max() + 1;
        var tokens = new ReadOnlyMemory<byte>[count];
        var kinds = new TokenKind[count];
        Array.Fill(kinds, TokenKind.Unused);
        var unknown = model.Text("unk_token");
        var hasBytes = model.Flag("byte_fallback");
        foreach (var (text, id) in all)
        {
            var value = hasBytes ? SentencePieceAlphabet.ByteOf(text) : null;
            kinds[id] =
                value is not null ? TokenKind.Byte
                : text == unknown ? TokenKind.Unknown
                : TokenKind.Normal;
            tokens[id] =
                value is not null ? new[] { value.Value }
                : isByteLevel ? ByteAlphabet.Decode(text) ?? Encoding.UTF8.GetBytes(text)
                : SentencePieceAlphabet.Decode(text);
        }

        foreach (var token in added)
        {
            var id = token.GetProperty("id").GetInt32();
            if (kinds[id] == TokenKind.Unknown)
            {
                continue;
            }

            kinds[id] = token.Flag("special") ? TokenKind.Control : TokenKind.UserDefined;
            tokens[id] = Encoding.UTF8.GetBytes(token.GetProperty("content").GetString()!);
        }

        return new TokenVocabulary(tokens, kinds);
    }
}
