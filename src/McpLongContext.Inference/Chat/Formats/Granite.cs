namespace McpLongContext.Inference.Chat.Formats;

/// <summary>
/// Granite: <c>&lt;|start_of_role|&gt;user&lt;|end_of_role|&gt;...&lt;|end_of_text|&gt;\n</c>. The system message with
/// the date that templates have for conversations without one is left out.
/// </summary>
internal sealed class Granite : IChatFormat
{
    /// <inheritdoc/>
    public string Name => "Granite";

    /// <summary>The format, where a template writes it; null otherwise.</summary>
    public static IChatFormat? Recognize(string template) =>
        template.Contains("<|start_of_role|>", StringComparison.Ordinal) ? new Granite() : null;

    /// <inheritdoc/>
    public void Write(Prompt prompt, IReadOnlyList<ChatMessage> messages)
    {
        foreach (var message in messages)
        {
            WriteRole(prompt, message.Role).Text(message.Content).Marker("<|end_of_text|>").Text("\n");
        }

        WriteRole(prompt, ChatRole.Assistant);
    }

    private static Prompt WriteRole(Prompt prompt, ChatRole role) =>
        prompt.Marker("<|start_of_role|>").Text(RoleName.Of(role)).Marker("<|end_of_role|>");
}
