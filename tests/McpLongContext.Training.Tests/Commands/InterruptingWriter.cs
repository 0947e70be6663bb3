namespace McpLongContext.Training.Tests.Commands;

/// <summary>Breaks a training off at a line of its progress.</summary>
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
