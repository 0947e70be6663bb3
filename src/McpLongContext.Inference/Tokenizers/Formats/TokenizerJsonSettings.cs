using System.Text.Json;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>The settings for special tokens in the files beside a <c>tokenizer.json</c>.</summary>
internal static class TokenizerJsonSettings
{
    private const string TemplateFile = "chat_template.jinja";

    /// <summary>
    /// The tokenizer classes that put their beginning before a text unless told otherwise, whatever the file's
    /// post-processor does, which they replace.
    /// </summary>
    private static readonly string[] s_beginningClasses =
    [
        "LlamaTokenizer",
        "LlamaTokenizerFast",
        "CodeLlamaTokenizer",
        "CodeLlamaTokenizerFast",
        "GemmaTokenizer",
        "GemmaTokenizerFast",
        "CohereTokenizer",
        "CohereTokenizerFast",
    ];

    /// <summary>Reads <c>tokenizer_config.json</c> and the like of a folder; each may be missing.</summary>
    /// <exception cref="CheckpointException">One of them cannot be read.</exception>
    public static TokenizerSettings Read(string folder, JsonElement root, TokenVocabulary vocabulary)
    {
        using var config = OpenIfThere(folder, "tokenizer_config.json");
        using var generation = OpenIfThere(folder, "generation_config.json");
        using var model = OpenIfThere(folder, "config.json");
        using var special = OpenIfThere(folder, "special_tokens_map.json");
        var name = config?.RootElement.Text("tokenizer_class") ?? model?.RootElement.Text("tokenizer_class");
        var begins = s_beginningClasses.Contains(name, StringComparer.Ordinal);
        var leading = LeadingToken(root, vocabulary);
        var begin =
            NamedToken(config, "bos_token", vocabulary)
            ?? NamedToken(special, "bos_token", vocabulary)
            ?? leading
            ?? (begins && vocabulary.FindSpecial("<s>") is var usual and not TokenVocabulary.None ? usual : null);
        var end = NamedToken(config, "eos_token", vocabulary) ?? NamedToken(special, "eos_token", vocabulary);
        return new TokenizerSettings
        {
            Warnings = TokenizerSettings.WarningsOf(
                vocabulary,
                config?.RootElement.Member("add_eos_token")?.GetBoolean() ?? false
            ),
            Begin = begin,
            AddsBegin = config?.RootElement.Member("add_bos_token")?.GetBoolean() ?? (begins || leading is not null),
            End = end,
            Ends = TokenizerSettings.EndsOf(
                vocabulary,
                [end, .. Numbers(generation, "eos_token_id"), .. Numbers(model, "eos_token_id")]
            ),
            ChatTemplate = ReadTemplate(folder, config),
        };
    }

    private static JsonDocument? OpenIfThere(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? JsonFile.Open(path) : null;
    }

    /// <summary>A token by its name, which is a text or an object with a text.</summary>
    private static int? NamedToken(JsonDocument? config, string member, TokenVocabulary vocabulary)
    {
        var value = config?.RootElement.Member(member);
        var name = value is { ValueKind: JsonValueKind.Object } token ? token.Text("content") : value?.GetString();
        return name is not null && vocabulary.FindSpecial(name) is var id and not TokenVocabulary.None ? id : null;
    }

    /// <summary>The token that the post-processor puts before a text.</summary>
    private static int? LeadingToken(JsonElement root, TokenVocabulary vocabulary)
    {
        var processor = root.Member("post_processor");
        var steps = processor?.Member("processors") is { } list ? list.EnumerateArray().ToArray() : [];
        var template = steps.Append(processor ?? default).Select(step => step.Member("single")).OfType<JsonElement>();
        var first = template.SelectMany(single => single.EnumerateArray().Take(1)).FirstOrDefault();
        var name = first.Member("SpecialToken")?.Text("id");
        return name is not null && vocabulary.FindSpecial(name) is var id and not TokenVocabulary.None ? id : null;
    }

    private static IEnumerable<int?> Numbers(JsonDocument? file, string member) =>
        file?.RootElement.Member(member) switch
        {
            { ValueKind: JsonValueKind.Number } one => [one.GetInt32()],
            { ValueKind: JsonValueKind.Array } several => several.EnumerateArray().Select(one => (int?)one.GetInt32()),
            _ => [],
        };

    /// <summary>
    /// The template: in a file of its own, or in the configuration, where one of several is the default.
    /// </summary>
    private static string? ReadTemplate(string folder, JsonDocument? config)
    {
        var file = Path.Combine(folder, TemplateFile);
        if (File.Exists(file))
        {
            return File.ReadAllText(file);
        }

        return config?.RootElement.Member("chat_template") switch
        {
            { ValueKind: JsonValueKind.String } template => template.GetString(),
            { ValueKind: JsonValueKind.Array } several => several
                .EnumerateArray()
                .FirstOrDefault(one => one.Text("name") == "default")
                .Text("template"),
            _ => null,
        };
    }
}
