using System.CommandLine;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Server.Configuration;
using McpLongContext.Server.Hosting;
using McpLongContext.Server.Http;
using McpLongContext.Server.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace McpLongContext.Server.Commands;

/// <summary>
/// Serves MCP over standard input and output until the client closes its end or the process is told to stop, or over
/// HTTP until the process is told to stop. Calls in flight are canceled then; an orphan would keep a core busy for
/// nobody.
/// </summary>
internal sealed class ServeCommand : Command
{
    private readonly GlobalOptions _global;

    private readonly Option<string?> _http = new("--http")
    {
        Description = $"Serve MCP over HTTP at this address, for several clients (default: {HttpAddress.Default}).",
        HelpName = "URL",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description =
            "The file of the bearer token that clients of HTTP must send (default: $MCP_LONG_CONTEXT_TOKEN); needed for "
            + "an address that other machines reach.",
        HelpName = "FILE",
    };

    public ServeCommand(GlobalOptions global)
        : base("serve", "Serve MCP over stdio (the default) or HTTP.")
    {
        _global = global;
        Options.Add(_http);
        Options.Add(_tokenFile);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        // Standard output carries the protocol and nothing else, whatever a library thinks.
        Console.SetOut(Console.Error);
        try
        {
            var configuration = Settings.Load();
            var options = _global.Validate(configuration, parsed) with { ResumeEncoding = true };
            // A root that is none is said now, not with the first call.
            _ = new AllowedRoots(options.AllowedRoots);
            await (
                parsed.GetResult(_http) is null
                    ? ServeStdioAsync(configuration, options, cancellation)
                    : ServeHttpAsync(configuration, options, parsed, cancellation)
            );
            return CommandLine.Done;
        }
        catch (ContextException problem)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(VisibleText.Lines(problem.Message));
            return CommandLine.Failed;
        }
    }

    private static async Task ServeStdioAsync(
        IConfiguration configuration,
        LongContextOptions options,
        CancellationToken cancellation
    )
    {
        var streams = new ClientStreams(Console.OpenStandardInput(), OpenOutput());
        var host = ServerHost.Build(configuration, options, streams);
        LogSetup.Warn(host.Services.GetRequiredService<ILoggerFactory>(), options);
        await host.StartAsync(cancellation);
        await WaitForEndAsync(host, cancellation);
    }

    private async Task ServeHttpAsync(
        IConfiguration configuration,
        LongContextOptions options,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        var http = HttpOptions.Validate(configuration, parsed.GetValue(_http), parsed.GetValue(_tokenFile));
        var host = HttpHost.Build(configuration, options, http);
        LogSetup.Warn(host.Services.GetRequiredService<ILoggerFactory>(), options);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(
            $"MCP at {await HttpHost.StartAsync(host, http.Address, cancellation)}"
        );
        await WaitForEndAsync(host, cancellation);
    }

    /// <summary>Waits until the process is told to stop, and ends what runs.</summary>
    internal static async Task WaitForEndAsync(IHost host, CancellationToken cancellation)
    {
        await host.WaitForShutdownAsync(cancellation);
        // The end of Main ends what still runs. A last export of telemetry blocks while its collector does not answer.
        var limit = TelemetryExport.IsConfigured ? TelemetryExport.Flush : ServerHost.CleanUp;
        await Task.WhenAny(
            Task.Run(() => CleanUpAsync(host), CancellationToken.None),
            Task.Delay(limit, CancellationToken.None)
        );
    }

    // On Unix a console stream holds a lock of the whole console while it writes: a client that stops reading would
    // stop our log, too, and with it the end of this process.
    private static Stream OpenOutput() =>
        OperatingSystem.IsWindows()
            ? Console.OpenStandardOutput()
            : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write);

    // Jobs use the services, and end before them.
    private static async Task CleanUpAsync(IHost host)
    {
        await host.Services.GetRequiredService<JobRegistry>().DisposeAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
