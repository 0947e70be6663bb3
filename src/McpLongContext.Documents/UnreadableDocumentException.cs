namespace McpLongContext.Documents;

/// <summary>A file of a known format has no text that can be read; the message says why and what helps.</summary>
/// <param name="message">The reason, as it stands after the name of the file.</param>
/// <param name="cause">The exception of a library, if there was one.</param>
public sealed class UnreadableDocumentException(string message, Exception? cause = null) : Exception(message, cause);
