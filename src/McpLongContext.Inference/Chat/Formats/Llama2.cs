namespace McpLongContext.Inference.Chat.Formats;

/// <summary>
/// Llama 2: <c>[INST] &lt;&lt;SYS&gt;&gt;\n...\n&lt;&lt;/SYS&gt;&gt;\n\n... [/INST] ... &lt;/s&gt;</c>, and every
/// question begins with the token that begins a text.
/// </summary>
internal sealed class Llama2 : IChatFormat
{
    /// <inheritdoc/>
    public string Name => "Llama 2";

    /// <summary>The format, where a template writes it; null otherwise.</summary>
    public static IChatFormat? Recognize(string template) =>
        template.Contains("[INST]", StringComparison.Ordinal) && template.Contains("<<SYS>>", StringComparison.Ordinal)
            ? new Llama2()
            : null;

    /// <inheritdoc/>
    public void Write(Prompt prompt, IReadOnlyList<ChatMessage> messages)
    {
        var system = "";
        for (var i = 0; i < messages.Count; i++)
        {
            var content = messages[i].Content.Trim();
            switch (messages[i].Role)
            {
                case ChatRole.System:
                    system = $"<<SYS>>\n{messages[i].Content}\n<</SYS>>\n\n";
                    break;
                case ChatRole.User:
                    prompt.Text($"[INST] {system}{content} [/INST]");
                    system = "";
                    break;
                default:
                    prompt.Text($" {content} ").End().Begin();
                    break;
            }
        }
    }
}
