using System.CommandLine;
using McpLongContext.Server.Commands;

namespace McpLongContext.Distributed.Hosting;

/// <summary>The program of a silo, which <c>mcp-long-context silo</c> loads and runs.</summary>
internal static class SiloProgram
{
    /// <summary>Runs a silo.</summary>
    /// <param name="args">The arguments after the command's name.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="cancellation">Ends it; by default the signals of the process do.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellation = default
    )
    {
        var global = new GlobalOptions();
        var silo = new SiloCommand(global);
        var root = new RootCommand(silo.Description!);
        foreach (var option in silo.Options)
        {
            root.Options.Add(option);
        }

        global.AddTo(root);
        root.Action = silo.Action;
        return CommandLine.RunAsync(root, args, output, error, cancellation);
    }
}
