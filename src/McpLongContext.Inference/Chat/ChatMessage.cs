namespace McpLongContext.Inference.Chat;

/// <summary>Who says something in a conversation.</summary>
public enum ChatRole
{
    /// <summary>Sets the frame, before the conversation.</summary>
    System,

    /// <summary>Asks.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Content">The text, in which nothing is markup.</param>
public sealed record ChatMessage(ChatRole Role, string Content);
