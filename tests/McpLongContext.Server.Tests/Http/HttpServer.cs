using McpLongContext.Context.Contracts;
using McpLongContext.Context.Jobs;
using McpLongContext.Server.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModelContextProtocol.Client;

namespace McpLongContext.Server.Tests.Http;

/// <summary>The server over HTTP in this process, on a free port of the loopback address.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly IHost _host;

    private HttpServer(IHost host, string url)
    {
        _host = host;
        Url = new Uri(url);
        // A busy machine may take longer than a second to refuse a body before it is sent.
        var handler = new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) };
        Client = new HttpClient(handler) { BaseAddress = Url };
    }

    /// <summary>Where the protocol is.</summary>
    public Uri Url { get; }

    public HttpClient Client { get; }

    /// <summary>All addresses that the server answers.</summary>
    public IEnumerable<RouteEndpoint> Endpoints =>
        _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    public static async Task<HttpServer> StartAsync(TemporaryFolder folder, HttpOptions? http = null)
    {
        Directory.CreateDirectory(folder.PathOf("work"));
        http ??= new HttpOptions { Address = HttpAddress.Parse("http://127.0.0.1:0") };
        var host = HttpHost.Build(
            new ConfigurationBuilder()
                .AddInMemoryCollection([KeyValuePair.Create("Serilog:MinimumLevel:Default", (string?)"Warning")])
                .Build(),
            new LongContextOptions
            {
                Home = folder.PathOf("home"),
                WorkingDirectory = folder.PathOf("work"),
                AllowedRoots = [folder.PathOf("work")],
                InstallDefaultEncoder = false,
            },
            http
        );
        return new HttpServer(
            host,
            await HttpHost.StartAsync(host, http.Address, TestContext.Current.CancellationToken)
        );
    }

    /// <summary>Connects a client of the SDK.</summary>
    public Task<McpClient> ConnectAsync(string? protocolVersion = null, string? token = null) =>
        McpClient.CreateAsync(
            new HttpClientTransport(
                new HttpClientTransportOptions
                {
                    Endpoint = Url,
                    TransportMode = HttpTransportMode.StreamableHttp,
                    AdditionalHeaders = token is null
                        ? null
                        : new Dictionary<string, string>(StringComparer.Ordinal)
                        {
                            ["Authorization"] = "Bearer " + token,
                        },
                }
            ),
            new McpClientOptions
            {
                ProtocolVersion = protocolVersion,
                // After the usual five seconds a busy machine would count as a server of an older version.
                DiscoverProbeTimeout = TimeSpan.FromMinutes(1),
            },
            cancellationToken: TestContext.Current.CancellationToken
        );

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.StopAsync(CancellationToken.None);
        await _host.Services.GetRequiredService<JobRegistry>().DisposeAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
