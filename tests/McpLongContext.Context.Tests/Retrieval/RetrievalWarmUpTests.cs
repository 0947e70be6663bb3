using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Storage;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class RetrievalWarmUpTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DatastoreRegistry _datastores;
    private readonly EncoderProvider _encoders;

    public RetrievalWarmUpTests()
    {
        _datastores = new DatastoreRegistry(new DatastoreHome(_folder["home"]));
        var models = new ModelStore(new ModelStoreOptions { Folder = _folder["home/models"] });
        _encoders = new EncoderProvider(models, Precision.Int8, installs: false, chosen: null);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Rehearsal Rehearsal =>
        new(
            new LongContextOptions
            {
                Home = _folder["home"],
                Models = null,
                WorkingDirectory = _folder["work"],
                AllowedRoots = [],
            },
            TimeProvider.System
        );

    private RetrievalWarmUp WarmUp => new(_datastores, _encoders, Rehearsal);

    public void Dispose()
    {
        _encoders.Dispose();
        _datastores.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_first_query_finds_the_encoder_loaded()
    {
        await InstallAsync();
        _datastores.OpenOrCreate("default");

        await WarmUp.RunAsync(Cancellation);

        Assert.True(_encoders.FindAsync(Cancellation).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task The_first_query_after_an_ingest_finds_the_encoder_loaded()
    {
        await InstallAsync();
        var before = Files();

        await WarmUp.RunAsync(Cancellation);

        Assert.True(_encoders.FindAsync(Cancellation).IsCompletedSuccessfully);
        Assert.Empty(_datastores.Names);
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task An_ingest_is_rehearsed_before_the_encoder_is_asked_for_and_nothing_of_it_stays()
    {
        string[] during = [];

        await Rehearsal.RunAsync(
            _ =>
            {
                during = Files();
                return Task.FromResult<RetrievalEncoder?>(null);
            },
            Cancellation
        );

        Assert.Contains(during, path => path.EndsWith("lamp.py", StringComparison.Ordinal));
        Assert.Contains(during, path => path.Contains("rehearsal", StringComparison.Ordinal));
        Assert.Empty(_datastores.Names);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Without_an_encoder_an_ingest_is_rehearsed_too()
    {
        await WarmUp.RunAsync(Cancellation);

        Assert.Null(await _encoders.FindAsync(Cancellation));
        Assert.Empty(Files());
    }

    private string[] Files() =>
        [.. Directory.EnumerateFiles(_folder["home"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private async Task InstallAsync()
    {
        var models = new ModelStore(new ModelStoreOptions { Folder = _folder["home/models"] });
        await models.InstallAsync(await TestModels.EncoderAsync(), cancellation: Cancellation);
    }
}
