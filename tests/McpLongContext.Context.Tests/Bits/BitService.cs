using McpLongContext.Context.Contracts;
using McpLongContext.Context.Tests.Ingestion;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Bits;

/// <summary>The service with random bit models; see tools/golden/bits.</summary>
public abstract class BitService : IAsyncLifetime
{
    /// <summary>A window of 96 bits, 8 bits a byte.</summary>
    protected const string Plain = "plain";

    /// <summary>The same with parity bits.</summary>
    protected const string Parity = "parity";

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The clock of the service.</summary>
    private protected TestClock Time { get; } = new();

    private protected TemporaryFolder Folder { get; } = new();

    private protected LongContextService Service { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Service = new LongContextService(
            new LongContextOptions
            {
                Home = Path.Combine(Folder.Path, "home"),
                WorkingDirectory = Folder.Path,
                AllowedRoots = [Folder.Path],
            },
            Time,
            NullLoggerFactory.Instance
        );
        foreach (var name in (string[])[Plain, Parity])
        {
            await Service.Models.InstallAsync(PathOf(name), progress: null, Cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static string PathOf(string name) =>
        Path.Combine(AppContext.BaseDirectory, "bits", $"{name}.safetensors");

    private protected string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Folder.Path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
