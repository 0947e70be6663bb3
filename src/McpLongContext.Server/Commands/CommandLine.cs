using System.CommandLine;

namespace McpLongContext.Server.Commands;

/// <summary>The command line: one command a file, the same services as the server.</summary>
internal static class CommandLine
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Could not be done; standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage; standard error says what is right.</summary>
    public const int WrongUsage = 2;

    /// <summary>Interrupted; what was done before is kept. As shells name an end by SIGINT: 128 + 2.</summary>
    public const int Interrupted = 130;

    /// <summary>
    /// How long a command that is interrupted may take to come to a stop and write what it has: a block of tokens of a
    /// large model, on a busy machine. Then the process ends as it is.
    /// </summary>
    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(30);

    /// <summary>Runs one command.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args, TextWriter output, TextWriter error) =>
        RunAsync(Create(), args, output, error);

    /// <summary>Runs a command of a program.</summary>
    /// <param name="root">The commands.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="cancellation">Interrupts the command; by default the signals of the process do. A process waits for one
    /// listener at a time: another one would hear of a signal only after the patience of the first.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        RootCommand root,
        string[] args,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellation = default
    )
    {
        // An argument that begins with @ is a word of a question or a folder, not a file of arguments.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync(UsageError.Render(parsed));
            return WrongUsage;
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = cancellation.CanBeCanceled ? null : s_ending,
            },
            cancellation
        );
    }

    private static RootCommand Create()
    {
        var global = new GlobalOptions();
        var serve = new ServeCommand(global);
        var root = new RootCommand(
            "Repo-scale and book-scale context for AI agents, offline. Without a command it serves MCP over stdio."
        )
        {
            serve,
            new DashboardCommand(global),
            new IngestCommand(global),
            new QueryCommand(global),
            new InferCommand(global),
            new ScanCommand(global),
            new CompressCommand(global),
            new DecompressCommand(global),
            new DatastoresCommand(global),
            new PullCommand(global),
            new ModelsCommand(global),
            new EvalCommand(global),
            new SetupCommand(),
            new DoctorCommand(global),
            new SiloCommand(),
        };
        global.AddTo(root);
        root.Action = serve.Action;
        return root;
    }
}
