namespace McpLongContext.Inference.Chat.Formats;

/// <summary>
/// A way of writing conversations that a family of models was trained on. Each has a static <c>Recognize</c>, which
/// returns the format for a template that writes it.
/// </summary>
internal interface IChatFormat
{
    /// <summary>The name of the format, for messages.</summary>
    public string Name { get; }

    /// <summary>Writes a conversation up to where the model speaks, after the token that begins a text.</summary>
    /// <param name="prompt">Where to.</param>
    /// <param name="messages">The turns; the last one is the user's, at most the first one the system's.</param>
    public void Write(Prompt prompt, IReadOnlyList<ChatMessage> messages);
}
