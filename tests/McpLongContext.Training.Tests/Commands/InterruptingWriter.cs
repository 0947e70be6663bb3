namespace McpLongContext.Training.Tests.Commands;

/// <summary>Breaks a training off when it tells a line.</summary>
/// <param name="at">A part of the line.</param>
/// <param name="stop">Breaks it off.</param>
internal sealed class InterruptingWriter(string at, CancellationTokenSource stop) : StringWriter
{
    public override void WriteLine(string? value)
    {
        if (value?.Contains(at, StringComparison.Ordinal) == true)
        {
            stop.Cancel();
        }
    }
}
