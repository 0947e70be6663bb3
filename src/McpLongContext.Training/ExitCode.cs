namespace McpLongContext.Training;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCode
{
    /// <summary>Could not be done; standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage; standard error says what is right.</summary>
    public const int WrongUsage = 2;

    /// <summary>Interrupted; the last step is kept. As shells name an end by SIGINT: 128 + 2.</summary>
    public const int Interrupted = 130;
}
