using System.Text;
using System.Text.Json.Nodes;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>The other form of a unigram model, as T5's repositories have it beside the first.</summary>
internal static class UnigramFiles
{
    /// <summary>A <c>tokenizer.json</c> with the pieces of a SentencePiece model, and two added tokens.</summary>
    public static string ToJson(byte[] model)
    {
        var (vocabulary, map) = (new JsonArray(), "");
        var fields = new ProtobufReader(model);
        while (fields.Next())
        {
            if (fields.Field == 1)
            {
                vocabulary.Add(Piece(fields.Bytes));
            }
            else if (fields.Field == 3)
            {
                var normalizer = new ProtobufReader(fields.Bytes);
                while (normalizer.Next())
                {
                    map = normalizer.Field == 2 ? Convert.ToBase64String(normalizer.Bytes) : map;
                }
            }
        }

        JsonNode[] special =
        [
            .. new[]
            {
                (1, "<s>"),
                (2, "</s>"),
                (vocabulary.Count, "<extra_id_1>"),
                (vocabulary.Count + 1, "<extra_id_0>"),
            }.Select(one => new JsonObject
            {
                ["id"] = one.Item1,
                ["content"] = one.Item2,
                ["special"] = true,
            }),
        ];
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(special),
            ["normalizer"] = new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = map },
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "WhitespaceSplit" },
                    new JsonObject
                    {
                        ["type"] = "Metaspace",
                        ["replacement"] = "\u2581",
                        ["add_prefix_space"] = true,
                    }
                ),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = 0,
                ["vocab"] = vocabulary,
            },
        }.ToJsonString();
    }

    private static JsonArray Piece(ReadOnlySpan<byte> message)
    {
        var (text, score) = ("", 0f);
        var piece = new ProtobufReader(message);
        while (piece.Next())
        {
            text = piece.Field == 1 ? Encoding.UTF8.GetString(piece.Bytes) : text;
            score = piece.Field == 2 ? piece.Single : score;
        }

        return new JsonArray(text, score);
    }
}
