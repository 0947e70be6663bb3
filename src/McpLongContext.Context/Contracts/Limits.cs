namespace McpLongContext.Context.Contracts;

/// <summary>The limits of arguments, for tools, command line and services alike.</summary>
public static class Limits
{
    /// <summary>Tokens of evidence that a query returns at least.</summary>
    public const int MinEvidenceTokens = 50;

    /// <summary>Tokens of evidence that a query returns at most.</summary>
    public const int MaxEvidenceTokens = 100_000;

    /// <summary>Passages that a query returns at most.</summary>
    public const int MaxTopK = 1000;

    /// <summary>Seconds that a call waits at most: a day.</summary>
    public const int MaxWaitSeconds = 24 * 60 * 60;

    /// <summary>Tokens that a decoder writes in a window at most.</summary>
    public const int MaxNewTokens = 100_000;

    /// <summary>Windows of long inference that one call of the tool does at most.</summary>
    public const int MaxCallWindows = 1000;

    /// <summary>Throws when an argument is out of its range.</summary>
    /// <exception cref="ContextException">
    /// The argument is out of range; the message names the argument, its value and the range.
    /// </exception>
    public static void Require(string argument, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new ContextException($"{argument} is {value}; {least:N0} to {most:N0} are allowed.");
        }
    }

    /// <summary>Throws when a wait is out of range.</summary>
    /// <exception cref="ContextException">
    /// The argument is out of range; the message names the argument, its value and the range.
    /// </exception>
    public static void RequireWait(TimeSpan? wait)
    {
        if (wait is { } given && !(given >= TimeSpan.Zero && given.TotalSeconds <= MaxWaitSeconds))
        {
            throw new ContextException(
                $"wait_seconds: {given.TotalSeconds} is out of range; use 0 to {MaxWaitSeconds}."
            );
        }
    }
}
