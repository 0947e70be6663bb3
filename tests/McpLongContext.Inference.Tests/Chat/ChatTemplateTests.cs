using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Tests.Tokenizers;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Tests.Chat;

/// <summary>The formats against the templates of real models, as an interpreter renders them; see tools/golden/chat.</summary>
public sealed class ChatTemplateTests
{
    private static readonly string[] s_control =
    [
        "<|im_start|>",
        "<|im_end|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eot_id|>",
        "<|start_of_role|>",
        "<|end_of_role|>",
        "<|end_of_text|>",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("zephyr", "Zephyr")]
    [InlineData("llama2", "Llama 2")]
    [InlineData("mistral", "Mistral")]
    [InlineData("mistral-nemo", "Mistral")]
    [InlineData("llama3", "Llama 3")]
    [InlineData("qwen2", "ChatML")]
    [InlineData("qwen3", "ChatML")]
    [InlineData("granite", "Granite")]
    public async Task A_conversation_is_written_as_the_template_writes_it(string name, string format)
    {
        using var golden = JsonDocument.Parse(Golden.Open("chat.json"));
        var model = golden.RootElement.EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);
        var template = await TemplateAsync(name, model);
        // With the format's tokens, and with none of them: then the format is plain text.
        foreach (
            var tokenizer in (Tokenizer[])
                [TinyTokenizer.Create(template, false, s_control), TinyTokenizer.Create(template)]
        )
        {
            var chat = ChatTemplate.Of(tokenizer);
            Assert.NotNull(chat);
            Assert.Equal(format, chat.Format);
            foreach (var conversation in model.GetProperty("conversations").EnumerateArray())
            {
                var messages = conversation.GetProperty("messages").EnumerateArray().Select(ReadMessage).ToList();
                Assert.Equal(conversation.GetProperty("rendered").GetString(), chat.Build(messages).ToString());
                Assert.Equal(conversation.GetProperty("rendered").GetString(), Names(tokenizer, chat.Encode(messages)));
                Assert.Equal(
                    conversation.GetProperty("rendered").GetString() + "Answer:",
                    Names(tokenizer, chat.Encode(messages, "Answer:"))
                );
            }
        }
    }

    [Fact]
    public void What_a_message_says_never_becomes_a_control_token()
    {
        var tokenizer = TinyTokenizer.Create("<|im_start|>", false, s_control);
        var marks = string.Concat(s_control) + "<s></s>";

        var quiet = ChatTemplate.Of(tokenizer)!.Encode([new(ChatRole.System, "a"), new(ChatRole.User, "b")]);
        var loud = ChatTemplate.Of(tokenizer)!.Encode([new(ChatRole.System, marks), new(ChatRole.User, marks)]);

        Assert.Equal(quiet.Where(id => id >= 256), loud.Where(id => id >= 256));
    }

    [Fact]
    public async Task A_system_message_of_the_template_is_used_where_there_is_none()
    {
        var template = (await TokenizerFiles.GgufAsync("qwen2")).Settings.ChatTemplate!;
        var chat = ChatTemplate.Of(TinyTokenizer.Create(template, false, s_control))!;

        var prompt = chat.Build([new(ChatRole.User, "Hello")]).ToString();

        Assert.Matches(
            @"^<\|im_start\|>system\n[^<]{10,}<\|im_end\|>\n<\|im_start\|>user\nHello<\|im_end\|>\n",
            prompt
        );
        Assert.Contains(prompt.Split('\n')[1].Split('<')[0], template, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Real_tokens_of_a_conversation_stand_where_they_belong()
    {
        var tokenizer = await TokenizerFiles.JsonAsync("llama3");

        var tokens = ChatTemplate.Of(tokenizer)!.Encode([new(ChatRole.User, "<|eot_id|>")]);

        int[] user =
        [
            128000,
            128006,
            .. tokenizer.Encode("user"),
            128007,
            .. tokenizer.Encode("\n\n<|eot_id|>"),
            128009,
        ];
        Assert.Equal([.. user, 128006, .. tokenizer.Encode("assistant"), 128007, .. tokenizer.Encode("\n\n")], tokens);
    }

    [Theory]
    [InlineData(true, "<s>")]
    [InlineData(false, "")]
    public void A_prompt_begins_as_the_tokenizer_says_where_the_template_does_not(bool addsBegin, string expected)
    {
        var chat = ChatTemplate.Of(TinyTokenizer.Create("<|im_start|>", addsBegin))!;

        Assert.StartsWith(expected + "<|im_start|>user", chat.Build([new(ChatRole.User, "Hello")]).ToString());
    }

    [Fact]
    public void Brackets_that_are_tokens_bring_no_second_space()
    {
        // A tokenizer that puts a space before every text does so after the bracket.
        var chat = ChatTemplate.Of(
            TinyTokenizer.Create("'[INST] ' + content + '[/INST]'", false, "[INST]", "[/INST]")
        )!;

        Assert.Equal("[INST] Hello[/INST]", chat.Build([new(ChatRole.User, "Hello")]).ToString());
    }

    [Fact]
    public async Task A_template_of_no_known_format_is_refused()
    {
        var template = await File.ReadAllTextAsync(
            await TokenizerFiles.VectorAsync("google-gemma-2-2b-it.jinja"),
            Cancellation
        );

        var e = Assert.Throws<ModelException>(() => ChatTemplate.Of(TinyTokenizer.Create(template)));

        Assert.Contains("no known format (ChatML, Llama 2,", e.Message, StringComparison.Ordinal);
        Assert.Contains(template[..50], e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_model_without_a_template_is_no_chat_model(string? template) =>
        Assert.Null(ChatTemplate.Of(TinyTokenizer.Create(template)));

    [Fact]
    public void A_conversation_that_is_none_is_refused()
    {
        var chat = ChatTemplate.Of(TinyTokenizer.Create("<|im_start|>"))!;
        var user = new ChatMessage(ChatRole.User, "Hello");

        Assert.Throws<ArgumentException>(() => chat.Encode([]));
        Assert.Throws<ArgumentException>(() => chat.Encode([user, new(ChatRole.Assistant, "Hi")]));
        Assert.Throws<ArgumentException>(() => chat.Encode([user, new(ChatRole.System, "Be brief"), user]));
    }

    /// <summary>The real template, from the files that the tests install, or one of our own from the golden data.</summary>
    private static async Task<string> TemplateAsync(string name, JsonElement model) =>
        name switch
        {
            "llama3" or "qwen2" => (await TokenizerFiles.JsonAsync(name)).Settings.ChatTemplate!,
            "qwen3" => await ReadAsync("Qwen-Qwen3-0.6B"),
            "granite" => await ReadAsync("ibm-granite-granite-3.3-2B-Instruct"),
            "mistral-nemo" => await ReadAsync("mistralai-Mistral-Nemo-Instruct-2407"),
            _ => model.GetProperty("template").GetString()!,
        };

    private static async Task<string> ReadAsync(string name) =>
        await File.ReadAllTextAsync(await TokenizerFiles.VectorAsync(name + ".jinja"), Cancellation);

    private static ChatMessage ReadMessage(JsonElement message) =>
        new(
            Enum.Parse<ChatRole>(message.GetProperty("role").GetString()!, ignoreCase: true),
            message.GetProperty("content").GetString()!
        );

    private static string Names(Tokenizer tokenizer, int[] ids) =>
        Encoding.UTF8.GetString([.. ids.SelectMany(id => tokenizer.Vocabulary.BytesOf(id).ToArray())]);
}
