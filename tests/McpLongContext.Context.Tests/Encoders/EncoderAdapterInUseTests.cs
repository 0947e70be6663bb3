using McpLongContext.Context.Contracts;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Inference;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Encoders;

/// <summary>The real encoder, with an adapter of random numbers beside its weights.</summary>
public sealed class EncoderAdapterInUseTests : IAsyncLifetime
{
    private const int Dimensions = 128;

    private readonly TemporaryFolder _folder = new();
    private readonly ModelStore _models;
    private InstalledModel _encoder = null!;

    public EncoderAdapterInUseTests() => _models = new(new ModelStoreOptions { Folder = _folder["home/models"] });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string PathOfAdapter => Path.Combine(_encoder.Folder, EncoderAdapter.FileName);

    public async ValueTask InitializeAsync()
    {
        _encoder = await _models.InstallAsync(await TestModels.EncoderAsync(), cancellation: Cancellation);
        File.Delete(PathOfAdapter);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_running_encoder_takes_an_adapter_from_its_next_request_on_and_drops_it()
    {
        using var provider = new EncoderProvider(_models, Precision.Int8, installs: false, chosen: null);
        var plain = (await provider.FindAsync(Cancellation))!;

        Write(seed: 1);
        var adapted = (await provider.FindAsync(Cancellation))!;
        Write(seed: 2);
        var other = (await provider.FindAsync(Cancellation))!;
        File.Delete(PathOfAdapter);
        var again = (await provider.FindAsync(Cancellation))!;

        Assert.Equal((384, Dimensions), (plain.Encoder.EmbeddingSize, adapted.Encoder.EmbeddingSize));
        // Embeddings of different adapters never mix.
        Assert.Equal(3, new HashSet<string>([plain.Key, adapted.Key, other.Key]).Count);
        Assert.Equal(plain.Key, again.Key);
        Assert.Equal(again.Key, provider.Key);
    }

    [Fact]
    public async Task A_datastore_that_was_encoded_without_the_adapter_is_encoded_again()
    {
        _folder.Write(
            "notes/harbor.txt",
            "The harbor of Vell has three bridges, of which the oldest was closed in 1874."
        );
        await using var service = Service();
        var ingest = new IngestRequest { Paths = [_folder["notes"]], Wait = null };
        Assert.True((await service.IngestAsync(ingest, progress: null, Cancellation)).EncodedTokens > 0);

        Write(seed: 1);

        Assert.Equal(1, service.ListDatastores().Single().PendingDocuments);
        Assert.True((await service.IngestAsync(ingest, progress: null, Cancellation)).EncodedTokens > 0);
        Assert.Equal(0, service.ListDatastores().Single().PendingDocuments);
        var found = await service.QueryAsync(
            new QueryRequest { Question = "When was the bridge closed?" },
            Cancellation
        );
        Assert.Contains("1874", found.Evidence[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_of_another_encoder_is_refused_by_name()
    {
        Write(seed: 1, model: "another");
        using var provider = new EncoderProvider(_models, Precision.Int8, installs: false, chosen: null);

        var e = await Assert.ThrowsAsync<ModelException>(() => provider.FindAsync(Cancellation));

        Assert.Contains($"{PathOfAdapter}: metadata 'model': 'another' found", e.Message, StringComparison.Ordinal);
        Assert.Contains("Remove the file", e.Message, StringComparison.Ordinal);
    }

    private LongContextService Service() =>
        new(
            new LongContextOptions
            {
                Home = _folder["home"],
                WorkingDirectory = _folder.Path,
                AllowedRoots = [_folder.Path],
                InstallDefaultEncoder = false,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    private void Write(int seed, string? model = null)
    {
        var config = BertConfig.Load(Path.Combine(_encoder.Folder, BertConfig.FileName));
        var random = new Random(seed);
        var weights = _encoder.Entry.Files.MaxBy(file => file.Size)!.Sha256!;
        using var file = File.Create(PathOfAdapter);
        EncoderAdapterWriter.Write(
            file,
            config,
            model ?? weights,
            [new EncoderChange(0, EncoderLinear.Query, 1, Numbers(config.HiddenSize), Numbers(config.HiddenSize))],
            Numbers(Dimensions * config.HiddenSize)
        );

        float[] Numbers(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5) / 8)];
    }
}
