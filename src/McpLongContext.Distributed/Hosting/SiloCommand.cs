using System.CommandLine;
using System.Net;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Server.Commands;
using McpLongContext.Server.Configuration;
using McpLongContext.Server.Http;
using McpLongContext.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Hosting;

/// <summary>Joins a cluster and serves its datastores to clients, as MCP over HTTP, until it is told to stop.</summary>
internal sealed class SiloCommand : Command
{
    private const int MaxShards = 256;

    private readonly GlobalOptions _global;

    private readonly Option<string?> _http = new("--http")
    {
        Description = $"Serve MCP over HTTP at this address (default: {HttpAddress.Default}).",
        HelpName = "URL",
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = "The file of the bearer tokens that clients must send (default: $MCP_LONG_CONTEXT_TOKEN).",
        HelpName = "FILE",
    };

    private readonly Option<string> _name = new("--name")
    {
        Description = "The name of the silo, the same at every start: its shards are found by it.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Environment.MachineName.ToLowerInvariant(),
    };

    private readonly Option<string?> _postgres = new("--postgres")
    {
        Description =
            "How the PostgreSQL of the cluster is reached (default: $MCP_LONG_CONTEXT_POSTGRES); without one all silos "
            + "are on this machine.",
        HelpName = "CONNECTION",
    };

    private readonly Option<int?> _shards = CommonOptions.Number(
        "--shards",
        "Shards of a new datastore.",
        1,
        MaxShards,
        4
    );

    private readonly Option<int?> _grace = CommonOptions.Number(
        "--grace",
        "How many seconds a silo that is away is waited for before its shards get other copies.",
        1,
        86_400,
        60
    );

    private readonly Option<string> _siloAddress = new("--silo-address")
    {
        Description =
            "With PostgreSQL: the IP address at which the other silos reach this one, in a network of their own.",
        HelpName = "IP",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<int?> _siloPort = CommonOptions.Number(
        "--silo-port",
        "The port on which silos talk to each other.",
        1,
        65535,
        11111
    );

    private readonly Option<int?> _primary = CommonOptions.Number(
        "--primary",
        "Without PostgreSQL: the silo port of the first silo of this machine, which this one joins.",
        1,
        65535
    );

    public SiloCommand(GlobalOptions global)
        : base("silo", "Join a cluster and serve its datastores as MCP over HTTP.")
    {
        _global = global;
        Options.Add(_http);
        Options.Add(_tokenFile);
        Options.Add(_name);
        Options.Add(_postgres);
        Options.Add(_shards);
        Options.Add(_grace);
        Options.Add(_siloAddress);
        Options.Add(_siloPort);
        Options.Add(_primary);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        Console.SetOut(Console.Error);
        try
        {
            var configuration = Settings.Load();
            var cluster = new ClusterOptions
            {
                Name = DatastoreName.Require(parsed.GetValue(_name)!),
                Postgres = parsed.GetValue(_postgres) ?? configuration["postgres"],
                Shards = parsed.GetValue(_shards)!.Value,
                Grace = TimeSpan.FromSeconds(parsed.GetValue(_grace)!.Value),
                SiloAddress = AddressOf(parsed.GetValue(_siloAddress)!),
                SiloPort = parsed.GetValue(_siloPort)!.Value,
                Primary = parsed.GetValue(_primary),
            };
            var shared = _global.Validate(configuration, parsed) with { ResumeEncoding = true };
            _ = new AllowedRoots(shared.AllowedRoots);
            var http = HttpOptions.Validate(configuration, parsed.GetValue(_http), parsed.GetValue(_tokenFile));
            var host = await SiloHost.BuildAsync(configuration, shared, http, cluster, cancellation);
            LogSetup.Warn(host.Services.GetRequiredService<ILoggerFactory>(), shared);
            var address = await HttpHost.StartAsync(host, http.Address, cancellation);
            await output.WriteLineAsync($"Silo '{cluster.Name}': MCP at {address}");
            await host.WaitForShutdownAsync(cancellation);
            await ((IAsyncDisposable)host).DisposeAsync();
            return CommandLine.Done;
        }
        catch (Exception problem) when (problem is ContextException or DatastoreException)
        {
            await error.WriteLineAsync(VisibleText.Lines(problem.Message));
            return CommandLine.Failed;
        }
    }

    private static IPAddress AddressOf(string text) =>
        IPAddress.TryParse(text, out var address)
            ? address
            : throw new ContextException($"--silo-address: expected an IP address, found '{text}'.");
}
