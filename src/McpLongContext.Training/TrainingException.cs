namespace McpLongContext.Training;

/// <summary>Something that whoever trains can fix; the message says what was found, where, and the remedy.</summary>
internal sealed class TrainingException(string message, Exception? cause = null) : Exception(message, cause);
