namespace McpLongContext.Context.Contracts;

/// <summary>When a local model writes an answer from the evidence.</summary>
public enum AnswerMode
{
    /// <summary>When a chat model is installed, within <see cref="AnswerLimits.AutoWait"/>.</summary>
    Auto,

    /// <summary>Evidence only.</summary>
    Never,

    /// <summary>Within <see cref="AnswerLimits.AlwaysWait"/>; an error when no chat model is installed.</summary>
    Always,
}

/// <summary>The limits of an answer.</summary>
public static class AnswerLimits
{
    /// <summary>How long the evidence is held back for an answer that nobody asked for expressly.</summary>
    public static readonly TimeSpan AutoWait = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long search and answer may take where an answer was asked for: less than clients wait for a call.
    /// </summary>
    public static readonly TimeSpan AlwaysWait = TimeSpan.FromSeconds(45);

    /// <summary>The most tokens of an answer.</summary>
    public const int MaxTokens = 64;

    /// <summary>The most tokens of the prompt: a small model finds less in more, and reads for longer.</summary>
    public const int MaxPromptTokens = 256;
}
