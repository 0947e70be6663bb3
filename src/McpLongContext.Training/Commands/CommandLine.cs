using System.CommandLine;
using McpLongContext.Inference;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Training.Commands;

/// <summary>The command line of training: one command a file.</summary>
internal static class CommandLine
{
    /// <summary>How long what cannot be broken off and its checkpoint may take after an interruption.</summary>
    private static readonly TimeSpan s_ending = TimeSpan.FromMinutes(2);

    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="output">Receives results.</param>
    /// <param name="error">Receives progress and errors.</param>
    /// <param name="cancellation">Ends it as Ctrl+C does.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellation = default
    )
    {
        var root = new RootCommand("Trains what mcp-long-context runs.")
        {
            new InfiniCommand(),
            new EncoderCommand(),
            new LanguageCommand(),
            new UnlimiformerCommand(),
            new BitsCommand(),
            new BitsBenchmarkCommand(),
            new BitsMeasureCommand(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var wrong in parsed.Errors)
            {
                await error.WriteLineAsync(wrong.Message);
            }

            return ExitCode.WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = s_ending,
                },
                cancellation
            );
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("\nInterrupted. The same command continues from here.");
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is TrainingException or CheckpointException or ModelException)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.Failed;
        }
    }
}
