using McpLongContext.Training.Loop;
using Spectre.Console;

namespace McpLongContext.Training.Commands;

/// <summary>
/// A training on standard error: a bar with the time left on a terminal, and a line now and then where it is none.
/// </summary>
internal sealed class ConsoleProgress : ITrainingProgress
{
    private const int StepsALine = 20;
    private const int BarWidth = 30;

    private readonly TextWriter _error;
    private readonly IAnsiConsole _console;
    private (int Step, double Seconds)? _first;

    public ConsoleProgress(TextWriter error)
    {
        _error = error;
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
    }

    private bool IsTerminal => _console.Profile.Capabilities.Interactive && !Console.IsErrorRedirected;

    /// <inheritdoc />
    public void Tell(string message) => Write(message, stays: true);

    /// <inheritdoc />
    public void Report(TrainingState state, StepResult result, int steps)
    {
        var isFirst = _first is null;
        _first ??= (state.Step - 1, state.Seconds);
        if (!IsTerminal && !isFirst && state.Step % StepsALine != 0 && state.Step != steps)
        {
            return;
        }

        var (first, since) = _first.Value;
        var left =
            state.Step - first > 1 ? (state.Seconds - since) / (state.Step - first - 1) * (steps - state.Step) : 0;
        var filled = BarWidth * state.Step / steps;
        var level = state.Level > 0 ? $" (level {state.Level})" : "";
        var losses = string.Join(", ", result.Losses.Select(one => $"{one.Key} {one.Value:F3}"));
        var shares = string.Join(", ", result.Shares.Select(one => $"{one.Key} {one.Value:P0}"));
        Write(
            $"[{new string('#', filled)}{new string('.', BarWidth - filled)}] step {state.Step}/{steps}{level}, "
                + $"{TimeSpan.FromSeconds(Math.Round(left)):c} left, loss: {losses}; right: {shares}",
            stays: false
        );
    }

    /// <inheritdoc />
    public void Report(int step, Evaluation evaluation) =>
        Write(
            $"step {step}, held out: {string.Join("; ", evaluation.HeldOut.Select(one => $"{one.Key} {one.Value:0.###}"))}",
            stays: true
        );

    private void Write(string line, bool stays)
    {
        if (!IsTerminal)
        {
            _error.WriteLine(line);
            return;
        }

        var width = Math.Max(20, _console.Profile.Width - 1);
        _error.Write('\r' + line.PadRight(width)[..width] + (stays ? "\n" : ""));
    }
}
