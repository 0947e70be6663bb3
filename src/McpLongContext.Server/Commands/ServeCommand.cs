using System.CommandLine;
using McpLongContext.Context;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Server.Configuration;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using ModelContextProtocol.Server;
using Serilog.Events;

namespace McpLongContext.Server.Commands;

/// <summary>
/// Serves MCP over standard input and output until the client closes its end or the process is told to stop. Calls in
/// flight are cancelled then; an orphan would keep a core busy for nobody.
/// </summary>
internal sealed class ServeCommand : Command
{
    private static readonly TimeSpan s_cleanUp = TimeSpan.FromSeconds(0.6);

    private readonly GlobalOptions _global;

    public ServeCommand(GlobalOptions global)
        : base("serve", "Serve MCP over stdio (the default).")
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        // Standard output carries the protocol and nothing else, whatever a library thinks.
        Console.SetOut(Console.Error);
        try
        {
            var configuration = Settings.Load();
            var options = _global.Validate(configuration, parsed);
            // A root that is none is said now, not with the first call.
            _ = new AllowedRoots(options.AllowedRoots);
            using var logging = LogSetup.Create(configuration, options.Home, LevelAlias.Minimum);
            LogSetup.Warn(logging, options);
            await ServeAsync(options with { ResumeEncoding = true }, logging, cancellation);
            return CommandLine.Done;
        }
        catch (ContextException problem)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(VisibleText.Lines(problem.Message));
            return CommandLine.Failed;
        }
    }

    private static async Task ServeAsync(
        LongContextOptions options,
        ILoggerFactory logging,
        CancellationToken cancellation
    )
    {
        var logger = logging.CreateLogger<ServeCommand>();
        using var lifetime = new ClientLifetime(TimeProvider.System, cancellation);
        var service = new Lazy<LongContextService>(() => new LongContextService(options, TimeProvider.System, logging));
        var transport = new StreamServerTransport(
            new ClientInput(Console.OpenStandardInput(), ClientInput.LongestLine, lifetime),
            new ClientOutput(OpenOutput()),
            ContextServer.Name,
            logging
        );
        var server = ContextServer.Create(transport, service, TimeProvider.System, logging, lifetime);
        logger.LogInformation(
            "McpLongContext {Version} serves; data in {Home}, reads beneath {Roots}",
            ContextServer.Version,
            options.Home,
            options.AllowedRoots
        );
        await UntilStoppedAsync(server.RunAsync(lifetime.Stopping), lifetime.Stopping);
        logger.LogInformation("Stopping");
        await Task.WhenAny(CleanUpAsync(server, transport, service), Task.Delay(s_cleanUp, CancellationToken.None));
    }

    // On Unix a console stream holds a lock of the whole console while it writes: a client that stops reading would
    // stop our log, too, and with it the end of this process.
    private static Stream OpenOutput() =>
        OperatingSystem.IsWindows()
            ? Console.OpenStandardOutput()
            : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write);

    // A call that does not heed its cancellation, or a client that does not read what it is sent, must not hold the
    // process: the end of Main ends what still runs.
    private static async Task UntilStoppedAsync(Task serving, CancellationToken cancellation)
    {
        try
        {
            await serving.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAny(serving, Task.Delay(s_cleanUp, CancellationToken.None));
        }
    }

    private static async Task CleanUpAsync(
        McpServer server,
        StreamServerTransport transport,
        Lazy<LongContextService> service
    )
    {
        if (service.IsValueCreated)
        {
            await service.Value.DisposeAsync();
        }

        await server.DisposeAsync();
        await transport.DisposeAsync();
    }
}
