namespace McpLongContext.Server.Output;

/// <summary>
/// Shows on standard error how much of one piece of work is done: a bar on a terminal, otherwise a line every tenth.
/// </summary>
internal static class ShareDisplay
{
    private const int Lines = 10;

    public static Task<T> ShowAsync<T>(TextWriter error, string description, Func<IProgress<double>, Task<T>> work) =>
        TerminalBar.IsPossible(error)
            ? TerminalBar.ShowAsync(error, bar => work(new Progress(share => bar.Set(description, share))))
            : work(LineProgress(error, description));

    private static Progress LineProgress(TextWriter error, string description)
    {
        var shown = 0;
        return new Progress(share =>
        {
            if ((int)(share * Lines) > shown)
            {
                shown = (int)(share * Lines);
                error.WriteLine($"{description}: {100 * shown / Lines} %");
            }
        });
    }

    /// <summary>Reports at once, on the thread that works.</summary>
    private sealed class Progress(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
