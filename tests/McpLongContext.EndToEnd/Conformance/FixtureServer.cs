using McpLongContext.Context.Contracts;
using McpLongContext.Context.Jobs;
using McpLongContext.Server.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McpLongContext.EndToEnd.Conformance;

/// <summary>
/// The product's own HTTP host in this process, with the tools, resources and prompts that the conformance suite calls
/// beside those of the product.
/// </summary>
internal sealed class FixtureServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly IHost _host;

    private FixtureServer(DirectoryInfo folder, IHost host, string url) => (_folder, _host, Url) = (folder, host, url);

    /// <summary>Where the protocol is.</summary>
    public string Url { get; }

    public static async Task<FixtureServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("conformance-");
        var http = new HttpOptions { Address = HttpAddress.Parse("http://127.0.0.1:0") };
        var host = HttpHost.Build(
            new ConfigurationBuilder()
                .AddInMemoryCollection([KeyValuePair.Create("Serilog:MinimumLevel:Default", (string?)"Warning")])
                .Build(),
            new LongContextOptions
            {
                Home = folder.FullName,
                WorkingDirectory = folder.FullName,
                AllowedRoots = [folder.FullName],
                InstallDefaultEncoder = false,
            },
            http,
            host =>
                host.Services.AddMcpServer()
                    .WithTools<FixtureTools>()
                    .WithResources<FixtureResources>()
                    .WithPrompts<FixturePrompts>()
        );
        var url = await HttpHost.StartAsync(host, http.Address, TestContext.Current.CancellationToken);
        return new FixtureServer(folder, host, url);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await _host.Services.GetRequiredService<JobRegistry>().DisposeAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
