using Spectre.Console;

namespace McpLongContext.Server.Output;

/// <summary>One progress bar on standard error.</summary>
internal sealed class TerminalBar
{
    private readonly ProgressTask _task;

    private TerminalBar(ProgressTask task) => _task = task;

    /// <summary>Whether the writer is a person's terminal.</summary>
    public static bool IsPossible(TextWriter error) =>
        ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;

    /// <summary>Shows a bar while something runs.</summary>
    public static Task<T> ShowAsync<T>(TextWriter error, Func<TerminalBar, Task<T>> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        return console
            .Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new TaskDescriptionColumn())
            .StartAsync(context => work(new TerminalBar(context.AddTask("starting", maxValue: 1))));
    }

    /// <summary>Says what is being done and how far it is.</summary>
    /// <param name="description">The operation in progress.</param>
    /// <param name="share">How far, 0 to 1; <see langword="null"/> when that is not known.</param>
    public void Set(string description, double? share)
    {
        _task.Description = Markup.Escape(description);
        _task.IsIndeterminate = share is null;
        _task.Value = share ?? 0;
    }
}
