using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Context.Tests.LongInference;

/// <summary>
/// stories15M made a chat model: the same weights and tokens with a <c>tokenizer.json</c> that has Zephyr's template. It
/// tells stories whatever it is asked, but reads its prompts as any chat model does.
/// </summary>
internal static class StoriesChat
{
    public const string Name = "stories-chat";

    /// <summary>Puts it among the models, as an installation leaves one.</summary>
    public static async Task InstallAsync(string models)
    {
        var stories = await TestModels.StoriesAsync();
        var folder = Directory.CreateDirectory(Path.Combine(models, Name)).FullName;
        File.Copy(Path.Combine(stories, "stories15m.bin"), Path.Combine(folder, "stories15m.bin"));
        Write(folder, TokenizerJson.FileName, Tokenizer(ModelTokenizer.Load(stories).Vocabulary));
        Write(
            folder,
            "tokenizer_config.json",
            new
            {
                bos_token = "<s>",
                eos_token = "</s>",
                add_bos_token = true,
                chat_template = "{{'<|user|>' + eos_token + '<|assistant|>'}}",
            }
        );
        var files = new DirectoryInfo(folder)
            .GetFiles()
            .Select(file => new
            {
                name = file.Name,
                size = file.Length,
                sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.FullName))),
            });
        Write(
            folder,
            "manifest.json",
            new
            {
                name = Name,
                source = "test",
                purpose = "chat",
                files,
            }
        );
    }

    private static object Tokenizer(TokenVocabulary vocabulary)
    {
        var pieces = new Dictionary<string, int>(StringComparer.Ordinal)
        {
            ["<unk>"] = 0,
            ["<s>"] = 1,
            ["</s>"] = 2,
        };
        for (var value = 0; value < 256; value++)
        {
            pieces[$"<0x{value:X2}>"] = 3 + value;
        }

        for (var id = 259; id < vocabulary.Count; id++)
        {
            pieces.TryAdd(Encoding.UTF8.GetString(vocabulary.BytesOf(id)).Replace(' ', '\u2581'), id);
        }

        // The scores of the file fall with the ids: in their order, every way to put a piece together.
        var merges =
            from piece in pieces
            where piece.Value >= 259
            orderby piece.Value
            from cut in Enumerable.Range(1, piece.Key.Length - 1)
            let pair = new[] { piece.Key[..cut], piece.Key[cut..] }
            where Array.TrueForAll(pair, pieces.ContainsKey)
            select pair;
        return new
        {
            added_tokens = new[] { Special(0, "<unk>"), Special(1, "<s>"), Special(2, "</s>") },
            normalizer = new { type = "Prepend", prepend = "\u2581" },
            model = new
            {
                type = "BPE",
                unk_token = "<unk>",
                byte_fallback = true,
                vocab = pieces,
                merges,
            },
        };

        static object Special(int id, string content) =>
            new
            {
                id,
                content,
                special = true,
            };
    }

    private static void Write(string folder, string name, object content) =>
        File.WriteAllText(Path.Combine(folder, name), JsonSerializer.Serialize(content));
}
