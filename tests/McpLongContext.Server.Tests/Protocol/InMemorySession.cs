using System.IO.Pipelines;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Jobs;
using McpLongContext.Server.Hosting;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpLongContext.Server.Tests.Protocol;

/// <summary>A client and the server in one process, joined by pipes; the service is the real one over a folder.</summary>
internal sealed class InMemorySession : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ClientLifetime _lifetime;
    private readonly ServiceProvider _services;
    private readonly WarmUp _warmUp;
    private readonly McpServer _server;
    private readonly Task _serving;

    private McpClient? _client;

    private InMemorySession(TemporaryFolder folder, Pipe toServer, Pipe toClient)
    {
        _lifetime = new ClientLifetime(TimeProvider.System, _stop.Token);
        Directory.CreateDirectory(folder.PathOf("work"));
        _services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddLogging()
            .AddLongContext(
                new LongContextOptions
                {
                    Home = folder.PathOf("home"),
                    WorkingDirectory = folder.PathOf("work"),
                    AllowedRoots = [folder.PathOf("work")],
                    InstallDefaultEncoder = false,
                }
            )
            .AddContextServer()
            .BuildServiceProvider();
        _warmUp = new WarmUp(_services, _lifetime.Stopping);
        _server = ContextServer.Create(
            new StreamServerTransport(toServer.Reader.AsStream(), toClient.Writer.AsStream()),
            _services,
            _lifetime,
            _warmUp
        );
        _serving = _server.RunAsync(_stop.Token);
    }

    public McpClient Client => _client!;

    public static async Task<InMemorySession> StartAsync(TemporaryFolder folder, string? protocolVersion = null)
    {
        var toServer = new Pipe();
        var toClient = new Pipe();
        var session = new InMemorySession(folder, toServer, toClient);
        session._client = await McpClient.CreateAsync(
            new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream()),
            new McpClientOptions { ProtocolVersion = protocolVersion },
            cancellationToken: TestContext.Current.CancellationToken
        );
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _stop.CancelAsync();
        try
        {
            await _serving;
        }
        catch (OperationCanceledException)
        {
            // Stopped, as asked for.
        }

        await _warmUp.EndAsync();
        await _server.DisposeAsync();
        await _services.GetRequiredService<JobRegistry>().DisposeAsync();
        await _services.DisposeAsync();
        _lifetime.Dispose();
        _stop.Dispose();
    }
}
