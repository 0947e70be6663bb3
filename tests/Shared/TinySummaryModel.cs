using System.Text.Json.Nodes;

namespace McpLongContext.Tests.Shared;

/// <summary>A tiny random encoder-decoder with a tokenizer of letters, in a folder from which it can be installed.</summary>
internal static class TinySummaryModel
{
    /// <summary>Its name once it is installed.</summary>
    public const string Name = "tiny-summaries";

    private const string Letters = "abcdefghijklmnopqrstuvwxyz.,\u2581";

    /// <summary>Writes the model.</summary>
    /// <param name="parent">Where its folder is made.</param>
    /// <param name="model">The tiny model; t5 or bart.</param>
    /// <param name="window">The window of a T5, in tokens.</param>
    /// <returns>The folder.</returns>
    public static string Write(string parent, string model = "t5", int window = 32)
    {
        var folder = Directory.CreateDirectory(Path.Combine(parent, Name)).FullName;
        var golden = TinyEncoderDecoder.Of(model);
        golden.Write(folder);
        var config = golden.Config.DeepClone().AsObject();
        if (model == "t5")
        {
            config["n_positions"] = window;
            config["task_specific_params"] = new JsonObject
            {
                ["summarization"] = new JsonObject
                {
                    ["prefix"] = "sum: ",
                    ["num_beams"] = 2,
                    ["max_length"] = 24,
                    ["no_repeat_ngram_size"] = 2,
                },
            };
            File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        }

        File.WriteAllText(
            Path.Combine(folder, "tokenizer.json"),
            Tokenizer((int)config["eos_token_id"]!).ToJsonString()
        );
        return folder;
    }

    /// <summary>Pieces of one letter at the ids that are no special token.</summary>
    private static JsonObject Tokenizer(int end)
    {
        var vocabulary = new JsonArray();
        for (var letter = 0; vocabulary.Count < 48; )
        {
            var id = vocabulary.Count;
            var piece =
                id == end ? "</s>"
                : id < 3 ? $"<{id}>"
                : letter < Letters.Length ? Letters[letter++].ToString()
                : $"{Letters[(letter - Letters.Length) % 26]}{Letters[(letter++ * 7) % 26]}";
            vocabulary.Add(new JsonArray(piece, -1.0 - (id % 5)));
        }

        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(
                new JsonObject
                {
                    ["id"] = end,
                    ["content"] = "</s>",
                    ["special"] = true,
                }
            ),
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "WhitespaceSplit" },
                    new JsonObject
                    {
                        ["type"] = "Metaspace",
                        ["replacement"] = "\u2581",
                        ["prepend_scheme"] = "always",
                    }
                ),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = 2,
                ["vocab"] = vocabulary,
            },
        };
    }
}
