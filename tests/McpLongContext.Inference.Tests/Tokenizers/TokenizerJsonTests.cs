using System.Text;
using System.Text.Json.Nodes;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>Statements of a folder's files about a tokenizer, and those that are refused.</summary>
public sealed class TokenizerJsonTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tokenizer-json-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Merges_may_be_texts_or_pairs()
    {
        var texts = Load(Create());
        var pairs = Create();
        pairs["model"]!["merges"] = new JsonArray(new JsonArray("a", "b"), new JsonArray("ab", "c"));

        Assert.Equal([257, 256], texts.Encode("abcab"));
        Assert.Equal(texts.Encode("abcab"), Load(pairs).Encode("abcab"));
    }

    [Fact]
    public void A_word_with_a_token_is_that_token_where_merges_are_ignored()
    {
        var json = Create();
        json["model"]!["vocab"]!["cba"] = 258;
        Assert.Equal("c|b|a", Pieces(Load(json), "cba"));

        json["model"]!["ignore_merges"] = true;

        Assert.Equal("cba", Pieces(Load(json), "cba"));
    }

    [Fact]
    public void What_begins_and_ends_a_text_is_read_from_the_files_beside()
    {
        Write("tokenizer_config.json", """{"bos_token":{"content":"<s>"},"eos_token":"</s>","add_bos_token":true}""");
        Write("generation_config.json", """{"eos_token_id":[301,302]}""");
        Write("config.json", """{"eos_token_id":302}""");
        var json = Create();
        json["added_tokens"] = new JsonArray(
            Added(300, "<s>"),
            Added(301, "</s>"),
            Added(302, "<end>"),
            Added(303, "<|im_end|>")
        );

        var settings = Load(json).Settings;

        Assert.Equal(300, settings.Begin);
        Assert.True(settings.AddsBegin);
        Assert.Equal(301, settings.End);
        Assert.Equal([301, 302, 303], settings.Ends.Order());
        Assert.Null(settings.ChatTemplate);
    }

    [Fact]
    public void The_post_processor_says_what_a_text_begins_with_where_nothing_else_does()
    {
        var json = Create();
        json["added_tokens"] = new JsonArray(Added(300, "<s>"));
        json["post_processor"] = JsonNode.Parse(
            """{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}]}"""
        );

        var tokenizer = Load(json);

        Assert.Equal([300, 256], tokenizer.EncodePrompt("ab"));
        Assert.Equal([256], tokenizer.Encode("ab"));
    }

    [Theory]
    [InlineData("""{"tokenizer_class":"LlamaTokenizer"}""", true)]
    [InlineData("""{"tokenizer_class":"LlamaTokenizerFast","bos_token":"<s>","add_bos_token":null}""", true)]
    [InlineData("""{"tokenizer_class":"LlamaTokenizer","add_bos_token":false}""", false)]
    [InlineData("""{"tokenizer_class":"PreTrainedTokenizerFast","bos_token":"<s>"}""", false)]
    [InlineData("""{"tokenizer_class":"PreTrainedTokenizerFast","bos_token":"<s>","add_bos_token":true}""", true)]
    [InlineData("""{"bos_token":"<s>"}""", false)]
    public void A_tokenizer_class_may_imply_what_a_text_begins_with(string config, bool isAdded)
    {
        var json = Create();
        json["added_tokens"] = new JsonArray(Added(300, "<s>"));
        Write("tokenizer_config.json", config);

        Assert.Equal(isAdded ? [300, 256] : [256], Load(json).EncodePrompt("ab"));
    }

    [Fact]
    public void What_the_files_ask_for_and_is_not_done_is_named()
    {
        var json = Create();
        json["added_tokens"] = new JsonArray(
            Added(300, "</s>"),
            Added(301, "<tool_call>", isSpecial: false),
            Added(302, "    ", isSpecial: false)
        );
        Write("tokenizer_config.json", """{"eos_token":"</s>","add_eos_token":true}""");

        var warnings = Load(json).Settings.Warnings;

        Assert.Equal(2, warnings.Count);
        Assert.StartsWith("add_eos_token", warnings[0], StringComparison.Ordinal);
        Assert.StartsWith("added tokens ('    ')", warnings[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, new[] { 1, 0, 1, 2 })]
    [InlineData(false, new[] { 1, 0, 0, 0, 1, 2 })]
    public void Unknown_characters_in_a_row_are_one_token_where_the_file_says_so(bool isFused, int[] expected)
    {
        var json = JsonNode.Parse(
            """{"model":{"type":"BPE","unk_token":"<unk>","vocab":{"<unk>":0,"a":1,"b":2},"merges":[]}}"""
        )!;
        json["model"]!["fuse_unk"] = isFused;

        Assert.Equal(expected, Load((JsonObject)json).Encode("ax zab"));
    }

    [Theory]
    [InlineData("""{"chat_template":"of the file"}""", null, "of the file")]
    [InlineData(
        """{"chat_template":[{"name":"tool_use","template":"x"},{"name":"default","template":"y"}]}""",
        null,
        "y"
    )]
    [InlineData("""{"chat_template":"of the file"}""", "of its own", "of its own")]
    public void The_chat_template_is_found_where_it_is(string config, string? template, string expected)
    {
        Write("tokenizer_config.json", config);
        if (template is not null)
        {
            Write("chat_template.jinja", template);
        }

        Assert.Equal(expected, Load(Create()).Settings.ChatTemplate);
    }

    [Fact]
    public void Numbers_without_a_token_are_allowed_and_say_nothing()
    {
        var json = Create();
        json["added_tokens"] = new JsonArray(Added(310, "<s>"));

        var tokenizer = Load(json);

        Assert.Equal(311, tokenizer.Vocabulary.Count);
        Assert.Equal(TokenKind.Unused, tokenizer.Vocabulary.KindOf(305));
        Assert.Equal("ab", tokenizer.Decode([305, 256, 310]));
    }

    [Theory]
    [InlineData("model.type", "\"WordLevel\"", "model: WordLevel found, expected BPE or Unigram")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix: '</w>' found")]
    [InlineData("model.merges", "[\"a z9\"]", "merge 0, 'a' and 'z9': joins what is no token")]
    [InlineData("model.merges", "[\"a c\"]", "gives what is no token")]
    [InlineData("model.merges", "[\"a\"]", "merge 0")]
    [InlineData("model.merges", "[3]", "is not a tokenizer")]
    [InlineData("model.merges", "[\"€ a\"]", "not written in the alphabet")]
    [InlineData("model.vocab", "{}", "merge 0, 'a' and 'b': joins what is no token")]
    [InlineData("model.vocab", "{\"a\":2147483647}", "to 2147483647 found")]
    [InlineData("added_tokens", "[{\"id\":-1,\"content\":\"x\"}]", "found for 259 tokens")]
    [InlineData("model.vocab", "{\"a\":2000000000}", "ids from 2000000000 to 2000000000 found for 1 tokens")]
    [InlineData("model.vocab", "{\"a\":-5}", "ids from -5 to -5 found")]
    [InlineData("model.vocab", "{\"a\":\"b\"}", "is not a tokenizer")]
    [InlineData("model", "null", "model: nothing found, expected BPE")]
    [InlineData("model.dropout", "0.1", "model.dropout: 0.1 found, expected none")]
    [InlineData("normalizer", "{\"type\":\"Lowercase\"}", "normalizer: {\"type\":\"Lowercase\"} found")]
    [InlineData("pre_tokenizer", "{\"type\":\"Whitespace\"}", "pre_tokenizer: {\"type\":\"Whitespace\"} found")]
    [InlineData("pre_tokenizer", "{\"type\":\"ByteLevel\",\"add_prefix_space\":true}", "expected no add_prefix_space")]
    [InlineData(
        "pre_tokenizer",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"ByteLevel\"},{\"type\":\"Split\",\"behavior\":\"Isolated\",\"pattern\":{\"Regex\":\"x+\"}}]}",
        "pattern x+ found"
    )]
    public void A_file_that_is_not_supported_is_refused(string part, string value, string message)
    {
        var json = Create();
        var steps = part.Split('.');
        var parent = steps.Length == 1 ? json : json[steps[0]]!;
        parent[steps[^1]] = JsonNode.Parse(value);

        var e = Assert.Throws<CheckpointException>(() => Load(json));

        Assert.StartsWith(Path.Combine(_folder.FullName, TokenizerJson.FileName), e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("[]", "Array found, expected an object")]
    [InlineData("{}", "is not a tokenizer")]
    public void A_file_that_is_no_tokenizer_is_refused(string content, string message)
    {
        Write(TokenizerJson.FileName, content);

        Assert.Contains(
            message,
            Assert.Throws<CheckpointException>(() => TokenizerJson.Load(_folder.FullName)).Message
        );
    }

    [Fact]
    public void A_folder_without_the_file_is_named() =>
        Assert.Contains(
            _folder.FullName,
            Assert.Throws<CheckpointException>(() => TokenizerJson.Load(_folder.FullName)).Message
        );

    /// <summary>A token for each byte, <c>ab</c> and <c>abc</c>.</summary>
    private static JsonObject Create()
    {
        var vocabulary = new JsonObject();
        var substitute = 256;
        for (var value = 0; value < 256; value++)
        {
            var isPrintable = value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
            vocabulary[((char)(isPrintable ? value : substitute++)).ToString()] = value;
        }

        vocabulary["ab"] = 256;
        vocabulary["abc"] = 257;
        return new JsonObject
        {
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray("a b", "ab c"),
            },
        };
    }

    private static JsonObject Added(int id, string content, bool isSpecial = true) =>
        new()
        {
            ["id"] = id,
            ["content"] = content,
            ["special"] = isSpecial,
        };

    private static string Pieces(Tokenizer tokenizer, string text) =>
        string.Join('|', tokenizer.Encode(text).Select(id => Encoding.UTF8.GetString(tokenizer.BytesOf(id))));

    private Tokenizer Load(JsonNode json)
    {
        Write(TokenizerJson.FileName, json.ToJsonString());
        return TokenizerJson.Load(_folder.FullName);
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder.FullName, name), content);
}
