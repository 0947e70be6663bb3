using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Jobs;
using McpLongContext.Dashboard.Scanning;
using McpLongContext.Inference.Models;
using McpLongContext.Server.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McpLongContext.Dashboard.Tests.Infrastructure;

/// <summary>The server over HTTP, in this process, with a home and a folder of documents that vanish with it.</summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dashboard-");
    private readonly IHost _host;

    private DashboardServer(string? models, IReadOnlyList<BearerToken> tokens)
    {
        Directory.CreateDirectory(Documents);
        var options = new LongContextOptions
        {
            Home = Path.Combine(_folder.FullName, "home"),
            Models = models,
            WorkingDirectory = Documents,
            AllowedRoots = [Documents, Sources],
            ResumeEncoding = true,
            InstallDefaultEncoder = false,
        };
        var address = HttpAddress.Parse("http://127.0.0.1:0");
        _host = HttpHost.Build(
            new ConfigurationBuilder().Build(),
            options,
            new HttpOptions { Address = address, Tokens = tokens }
        );
    }

    /// <summary>The sources of this repository.</summary>
    public static string Sources { get; } = Path.Combine(FindRoot(), "src");

    /// <summary>The folder of the test's documents.</summary>
    public string Documents => Path.Combine(_folder.FullName, "documents");

    /// <summary>The address of the dashboard.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>The settings of Unlimiformer in force.</summary>
    public UnlimiformerOptions Unlimiformer => _host.Services.GetRequiredService<CurrentUnlimiformer>().Options;

    /// <summary>The settings that a process would begin with that starts now.</summary>
    public UnlimiformerOptions UnlimiformerOfLaterProcess =>
        Server
            .Configuration.Settings.Validate(
                new ConfigurationBuilder().Build(),
                Path.Combine(_folder.FullName, "home"),
                [],
                []
            )
            .Unlimiformer;

    public static async Task<DashboardServer> StartAsync(bool encoder = true, params IReadOnlyList<BearerToken> tokens)
    {
        var models = encoder ? Path.GetDirectoryName(await TestModels.EncoderAsync()) : null;
        var server = new DashboardServer(models, tokens);
        var protocol = await HttpHost.StartAsync(
            server._host,
            HttpAddress.Parse("http://127.0.0.1:0"),
            CancellationToken.None
        );
        server.Address = new Uri(new Uri(protocol), "/");
        return server;
    }

    /// <summary>Writes a document.</summary>
    public void Write(string name, string text)
    {
        var path = Path.Combine(Documents, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>Writes a file of the data folder.</summary>
    public void WriteHome(string name, string text) => Write(Path.Combine("..", "home", name), text);

    /// <summary>Installs the random bit model of the tests; see tools/golden/bits.</summary>
    public Task InstallBitModelAsync() =>
        _host
            .Services.GetRequiredService<ModelStore>()
            .InstallAsync(
                Path.Combine(AppContext.BaseDirectory, "bits", "plain.safetensors"),
                progress: null,
                TestContext.Current.CancellationToken
            );

    /// <summary>Has a file of the documents scanned, and waits for the end.</summary>
    public async Task ScanAsync(string file)
    {
        var runs = _host.Services.GetRequiredService<ScanRuns>();
        runs.Start(new ScanForm(Path.Combine(Documents, file), "", Top: 3));
        while (runs.Latest!.IsActive)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Equal("", runs.Latest.Problem);
    }

    /// <summary>Ingests all documents and waits until they are encoded.</summary>
    public Task<IngestReport> IngestAsync(string datastore = "default", MemoryKind memory = MemoryKind.Window) =>
        _host
            .Services.GetRequiredService<Ingestor>()
            .IngestAsync(
                new IngestRequest
                {
                    Paths = [Documents],
                    Datastore = datastore,
                    Memory = memory,
                    Wait = null,
                },
                progress: null,
                TestContext.Current.CancellationToken
            );

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await _host.Services.GetRequiredService<JobRegistry>().DisposeAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string FindRoot([System.Runtime.CompilerServices.CallerFilePath] string here = "")
    {
        var folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "McpLongContext.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No McpLongContext.sln above {here}.");
    }
}
