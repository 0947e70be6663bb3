using System.Text.RegularExpressions;

namespace McpLongContext.Inference.Chat.Formats;

/// <summary>
/// ChatML, of Qwen and SmolLM: <c>&lt;|im_start|&gt;user\n...&lt;|im_end|&gt;\n</c>. Some templates have a system
/// message of their own for conversations without one; models that can think before they answer are told not to.
/// </summary>
/// <param name="system">The system message for conversations without one, or null.</param>
/// <param name="thinks">Whether the model thinks before it answers unless it is told otherwise.</param>
internal sealed partial class ChatMl(string? system, bool thinks) : IChatFormat
{
    /// <inheritdoc/>
    public string Name => "ChatML";

    /// <summary>The format, where a template writes it; null otherwise.</summary>
    public static IChatFormat? Recognize(string template)
    {
        if (!template.Contains("<|im_start|>", StringComparison.Ordinal))
        {
            return null;
        }

        var system = DefaultSystem.Match(template) is { Success: true } match ? match.Groups["text"].Value : null;
        return new ChatMl(system, template.Contains("enable_thinking", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public void Write(Prompt prompt, IReadOnlyList<ChatMessage> messages)
    {
        if (system is not null && messages[0].Role != ChatRole.System)
        {
            WriteTurn(prompt, "system", system);
        }

        foreach (var message in messages)
        {
            WriteTurn(prompt, RoleName.Of(message.Role), message.Content);
        }

        prompt.Marker("<|im_start|>").Text("assistant\n");
        if (thinks)
        {
            prompt.Marker("<think>").Text("\n\n").Marker("</think>").Text("\n\n");
        }
    }

    private static void WriteTurn(Prompt prompt, string role, string content) =>
        prompt.Marker("<|im_start|>").Text($"{role}\n{content}").Marker("<|im_end|>").Text("\n");

    /// <summary>
    /// A system message that stands in the template itself, with a line break written out or escaped.
    /// </summary>
    [GeneratedRegex(
        """<\|im_start\|>system(\n|\\n)(?<text>[^'"{}<\\]+)<\|im_end\|>""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex DefaultSystem { get; }
}
