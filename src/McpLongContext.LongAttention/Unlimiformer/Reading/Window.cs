namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>The model's window, which prompt and spans share.</summary>
internal static class Window
{
    /// <summary>Throws where so many tokens leave no room for one more.</summary>
    /// <exception cref="ArgumentException">The tokens leave no room.</exception>
    public static void Require(ReadingSource source, int tokens)
    {
        if (tokens >= source.Window)
        {
            throw new ArgumentException(
                $"prompt and spans have {tokens} tokens, expected less than the window of {source.Window}. "
                    + "Shorten the question, or read fewer tokens.",
                nameof(tokens)
            );
        }
    }
}
