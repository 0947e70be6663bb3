namespace McpLongContext.Inference.Chat.Formats;

/// <summary>
/// Llama 3: <c>&lt;|start_header_id|&gt;user&lt;|end_header_id|&gt;\n\n...&lt;|eot_id|&gt;</c>. The dates that
/// templates from 3.1 on put into the system message are left out.
/// </summary>
internal sealed class Llama3 : IChatFormat
{
    /// <inheritdoc/>
    public string Name => "Llama 3";

    /// <summary>The format, where a template writes it; null otherwise.</summary>
    public static IChatFormat? Recognize(string template) =>
        template.Contains("<|start_header_id|>", StringComparison.Ordinal) ? new Llama3() : null;

    /// <inheritdoc/>
    public void Write(Prompt prompt, IReadOnlyList<ChatMessage> messages)
    {
        foreach (var message in messages)
        {
            WriteHeader(prompt, message.Role).Text(message.Content.Trim()).Marker("<|eot_id|>");
        }

        WriteHeader(prompt, ChatRole.Assistant);
    }

    private static Prompt WriteHeader(Prompt prompt, ChatRole role) =>
        prompt.Marker("<|start_header_id|>").Text(RoleName.Of(role)).Marker("<|end_header_id|>").Text("\n\n");
}
