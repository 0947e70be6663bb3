namespace McpLongContext.Inference.Chat.Formats;

/// <summary>
/// Zephyr, of TinyLlama: <c>&lt;|user|&gt;\n...&lt;/s&gt;\n</c>. The names of the roles are plain text there; that a
/// text does not pass for the end of a turn is due to <c>&lt;/s&gt;</c>, which is a token.
/// </summary>
internal sealed class Zephyr : IChatFormat
{
    /// <inheritdoc/>
    public string Name => "Zephyr";

    /// <summary>The format, where a template writes it; null otherwise.</summary>
    public static IChatFormat? Recognize(string template) =>
        template.Contains("<|user|>", StringComparison.Ordinal)
        && template.Contains("<|assistant|>", StringComparison.Ordinal)
        && template.Contains("eos_token", StringComparison.Ordinal)
            ? new Zephyr()
            : null;

    /// <inheritdoc/>
    public void Write(Prompt prompt, IReadOnlyList<ChatMessage> messages)
    {
        foreach (var message in messages)
        {
            WriteRole(prompt, message.Role).Text(message.Content).End().Text("\n");
        }

        WriteRole(prompt, ChatRole.Assistant);
    }

    private static Prompt WriteRole(Prompt prompt, ChatRole role) =>
        prompt.Marker($"<|{RoleName.Of(role)}|>").Text("\n");
}
