using McpLongContext.Inference.Chat.Formats;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Chat;

/// <summary>
/// Turns a conversation into the tokens that a chat model was trained to answer. Which of a few formats that is, is
/// recognized in the template that comes with the model; templates are not interpreted.
/// </summary>
public sealed class ChatTemplate
{
    private static readonly Func<string, IChatFormat?>[] s_formats =
    [
        ChatMl.Recognize,
        Llama3.Recognize,
        Granite.Recognize,
        Llama2.Recognize,
        Mistral.Recognize,
        Zephyr.Recognize,
    ];

    private readonly Tokenizer _tokenizer;
    private readonly IChatFormat _format;
    private readonly bool _begins;

    private ChatTemplate(Tokenizer tokenizer, IChatFormat format, bool begins)
    {
        _tokenizer = tokenizer;
        _format = format;
        _begins = begins;
    }

    /// <summary>The name of the format.</summary>
    public string Format => _format.Name;

    /// <summary>The format of a model; null where it has no template, being no chat model.</summary>
    /// <exception cref="ModelException">The model's template is of no format that is known here.</exception>
    public static ChatTemplate? Of(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        var settings = tokenizer.Settings;
        if (string.IsNullOrWhiteSpace(settings.ChatTemplate))
        {
            return null;
        }

        var format =
            s_formats.Select(recognize => recognize(settings.ChatTemplate)).FirstOrDefault(found => found is not null)
            ?? throw new ModelException(
                "The model's chat template is of no known format (ChatML, Llama 2, Llama 3, Mistral, Zephyr, Granite): "
                    + $"{Excerpt(settings.ChatTemplate)}. Use another model, or this one without a conversation."
            );
        return new ChatTemplate(
            tokenizer,
            format,
            settings.AddsBegin || settings.ChatTemplate.Contains("bos_token", StringComparison.Ordinal)
        );
    }

    /// <summary>The tokens of a conversation, up to where the model is to speak.</summary>
    /// <param name="messages">The conversation; a system message only at the beginning.</param>
    /// <param name="reply">The beginning of the model's reply, which the model continues.</param>
    /// <exception cref="ArgumentException">A system message stands elsewhere, or nothing was said.</exception>
    public int[] Encode(IReadOnlyList<ChatMessage> messages, string reply = "") =>
        Build(messages).Text(reply).ToTokens();

    internal Prompt Build(IReadOnlyList<ChatMessage> messages)
    {
        if (messages.Count == 0 || messages[^1].Role != ChatRole.User)
        {
            throw new ArgumentException("A conversation has to end with what the user says.", nameof(messages));
        }

        if (messages.Skip(1).Any(message => message.Role == ChatRole.System))
        {
            throw new ArgumentException("A system message has to be the first one.", nameof(messages));
        }

        var prompt = new Prompt(_tokenizer);
        if (_begins)
        {
            prompt.Begin();
        }

        _format.Write(prompt, messages);
        return prompt;
    }

    private static string Excerpt(string template) => template.Length <= 200 ? template : template[..200] + "...";
}
