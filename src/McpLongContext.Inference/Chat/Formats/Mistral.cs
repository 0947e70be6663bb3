namespace McpLongContext.Inference.Chat.Formats;

/// <summary>
/// Mistral: <c>[INST] ...[/INST] ...&lt;/s&gt;</c>, where versions differ in spaces and in whether the brackets are
/// tokens. A system message goes before the first question.
/// </summary>
/// <param name="spaceInside">Whether a space follows the opening bracket.</param>
/// <param name="spaceBefore">Whether a space precedes the closing bracket.</param>
internal sealed class Mistral(bool spaceInside, bool spaceBefore) : IChatFormat
{
    private const string Open = "[INST]";
    private const string Close = "[/INST]";

    /// <inheritdoc/>
    public string Name => "Mistral";

    /// <summary>The format, where a template writes it; null otherwise.</summary>
    public static IChatFormat? Recognize(string template) =>
        template.Contains(Open, StringComparison.Ordinal)
        && !template.Contains("[SYSTEM_PROMPT]", StringComparison.Ordinal)
            ? new Mistral(
                template.Contains(Open + " ", StringComparison.Ordinal),
                template.Contains(" " + Close, StringComparison.Ordinal)
            )
            : null;

    /// <inheritdoc/>
    public void Write(Prompt prompt, IReadOnlyList<ChatMessage> messages)
    {
        var system = "";
        foreach (var message in messages)
        {
            switch (message.Role)
            {
                case ChatRole.System:
                    system = message.Content + "\n\n";
                    break;
                case ChatRole.User:
                    prompt.Marker(Open).Text(After(prompt, Open) + system + message.Content);
                    prompt.Text(spaceBefore ? " " : "").Marker(Close);
                    system = "";
                    break;
                default:
                    prompt.Text(After(prompt, Close) + message.Content.Trim()).End();
                    break;
            }
        }
    }

    /// <summary>The space after a bracket, unless the tokenizer puts it there.</summary>
    private string After(Prompt prompt, string bracket) =>
        spaceInside && !(prompt.AddsSpace && prompt.HasToken(bracket)) ? " " : "";
}
