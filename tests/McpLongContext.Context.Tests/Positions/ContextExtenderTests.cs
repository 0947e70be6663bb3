using McpLongContext.Context.Contracts;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Inference;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Positions;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Positions;

/// <summary>The real models, copied into a store of the test's own.</summary>
public sealed class ContextExtenderTests : IDisposable
{
    private const string Encoder = "all-minilm-l6-v2";
    private const string Decoder = "stories15m";

    private readonly TemporaryFolder _folder = new();
    private readonly ModelStore _models;

    public ContextExtenderTests() => _models = new(new ModelStoreOptions { Folder = _folder["home/models"] });

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_decoder_is_expanded_kept_by_every_process_and_restored()
    {
        await InstallAsync(await TestModels.StoriesAsync());

        PositionReport report;
        await using (var service = Service())
        {
            report = await ExpandAsync(service, Decoder, 1024);
        }

        Assert.Equal((256, 256, 1024), (report.TrainedLength, report.OldLength, report.NewLength));
        Assert.Equal((PositionKind.Rotary, PositionMethod.Yarn), (report.Kind, report.Method));
        // 6 layers, keys and values of 288 floats.
        Assert.Equal(1024L * 6 * 2 * 288 * sizeof(float), report.Memory.KeyValueCacheBytes);
        Assert.Equal(4 * report.OldMemory.TotalBytes, report.Memory.TotalBytes);
        Assert.InRange(report.Parity.Tokens, 100, PositionParity.MaxTokens);
        Assert.InRange(report.Parity.TrainedPerplexity!.Value, 5, 30);
        Assert.InRange(report.Parity.Perplexity!.Value, 5, 40);
        Assert.Equal(new PositionSettings(256, 1024, PositionMethod.Yarn), PositionFile.Read(_models.Find(Decoder)!));

        await using var another = Service();
        var again = await ExpandAsync(another, Decoder, 512, PositionMethod.Ntk);
        Assert.Equal((1024, 512), (again.OldLength, again.NewLength));
        var restored = await ExpandAsync(another, Decoder, 256);
        Assert.Equal((512, 256, PositionMethod.Trained), (restored.OldLength, restored.NewLength, restored.Method));
        Assert.Equal((0, 1), (restored.Parity.LargestChange, restored.Parity.SameChoices));
        Assert.False(File.Exists(Path.Combine(_models.Find(Decoder)!, PositionFile.Name)));
    }

    [Fact]
    public async Task A_running_decoder_takes_longer_windows_from_its_next_request_on()
    {
        await InstallAsync(await TestModels.StoriesAsync());
        await using var service = Service();
        var request = new LongInferenceRequest
        {
            Text = string.Concat(Enumerable.Repeat("Lily went to the park to play with her friends. ", 40)),
            Mode = InferenceMode.Score,
            Model = Decoder,
            Window = 400,
        };
        var e = await Assert.ThrowsAsync<ContextException>(() => InferAsync());
        Assert.Contains("window: 400 is out of range", e.Message, StringComparison.Ordinal);

        await ExpandAsync(service, Decoder, 512);
        Assert.Equal(400, (await InferAsync()).Window);

        await ExpandAsync(service, Decoder, 256);
        await Assert.ThrowsAsync<ContextException>(() => InferAsync());

        Task<LongInferenceReport> InferAsync() => service.InferAsync(request, progress: null, Cancellation);
    }

    [Fact]
    public async Task A_running_encoder_takes_longer_chunks_from_its_next_request_on()
    {
        await InstallAsync(await TestModels.EncoderAsync());
        await using var service = Service();
        await AssertChunksRejectedAsync(service, 600);

        var report = await ExpandAsync(service, Encoder, 2048);

        Assert.Equal((PositionKind.Learned, PositionMethod.Copy), (report.Kind, report.Method));
        Assert.Equal((0, 1), (report.Parity.LargestChange, report.Parity.Similarity));
        Assert.Equal(2048L * 384 * sizeof(float), report.Memory.PositionTableBytes);
        Assert.Equal(600, (await service.SetChunkingAsync(new ChunkingRequest { ChunkSize = 600 }, default)).ChunkSize);

        await ExpandAsync(service, Encoder, 512);
        await AssertChunksRejectedAsync(service, 600);
    }

    [Fact]
    public async Task An_encoder_in_memory_is_renewed_with_the_same_weights()
    {
        await InstallAsync(await TestModels.EncoderAsync());
        using var provider = new EncoderProvider(_models, Precision.Float32, installs: false, chosen: null);
        var trained = (await provider.FindAsync(Cancellation))!;
        Assert.Same(trained, await provider.FindAsync(Cancellation));
        Assert.Equal(trained.Key, provider.Key);
        var embeddings = Embeddings(trained.Encoder);

        PositionFile.Write(_models.Find(Encoder)!, new PositionSettings(512, 1024, PositionMethod.Copy));
        var copied = (await provider.FindAsync(Cancellation))!;
        Assert.Equal(1024, copied.Encoder.Config.MaxPositions);
        // The states of all that fits the trained window stay valid.
        Assert.Equal(embeddings, Embeddings(copied.Encoder));
        Assert.Equal(trained.Key, copied.Key);

        PositionFile.Write(_models.Find(Encoder)!, new PositionSettings(512, 1024, PositionMethod.Interpolation));
        var stretched = (await provider.FindAsync(Cancellation))!;
        Assert.NotEqual(embeddings, Embeddings(stretched.Encoder));
        Assert.NotEqual(trained.Key, stretched.Key);
        Assert.Equal(stretched.Key, provider.Key);

        PositionFile.Write(_models.Find(Encoder)!, PositionSettings.Trained(512));
        var restored = (await provider.FindAsync(Cancellation))!;
        Assert.Equal(embeddings, Embeddings(restored.Encoder));
        Assert.Equal(trained.Key, restored.Key);
    }

    [Fact]
    public async Task A_damaged_file_is_told_and_mended_by_expanding_again()
    {
        await InstallAsync(await TestModels.EncoderAsync());
        var path = Path.Combine(_models.Find(Encoder)!, PositionFile.Name);
        await File.WriteAllTextAsync(path, "{}", Cancellation);
        await using var service = Service();

        var e = await Assert.ThrowsAsync<ModelException>(() =>
            service.SetChunkingAsync(new ChunkingRequest { ChunkSize = 100 }, Cancellation)
        );
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);

        Assert.Equal(512, (await ExpandAsync(service, Encoder, 600)).OldLength);
        await service.SetChunkingAsync(new ChunkingRequest { ChunkSize = 600 }, Cancellation);
    }

    [Theory]
    [InlineData("nope", 4096, null, "model: 'nope' is not installed; use llama or tiny-bert")]
    [InlineData(
        "llama",
        63,
        null,
        "new_length: 63 is out of range for llama; use 64, its trained window, to 4096 tokens"
    )]
    [InlineData("llama", -1, null, "new_length: -1 is out of range")]
    [InlineData("llama", int.MaxValue, null, "new_length: 2147483647 is out of range")]
    [InlineData(
        "llama",
        512,
        PositionMethod.Copy,
        "method: copy does not fit llama, whose positions are rotary; use yarn"
    )]
    [InlineData("llama", 512, PositionMethod.Trained, "or new_length 64")]
    [InlineData("tiny-bert", 80, PositionMethod.Yarn, "use copy or interpolation, or leave it out for copy")]
    [InlineData("tiny-bert", 39, null, "use 40, its trained window, to 2560 tokens")]
    public async Task What_cannot_be_done_names_the_argument_the_value_and_the_remedy(
        string model,
        int length,
        PositionMethod? method,
        string expected
    )
    {
        await InstallAsync(Path.Combine(AppContext.BaseDirectory, "llama"));
        await InstallAsync(Path.Combine(AppContext.BaseDirectory, "tiny-bert"));
        await using var service = Service();

        var e = await Assert.ThrowsAsync<ContextException>(() => ExpandAsync(service, model, length, method));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.All(_models.List(), one => Assert.Null(PositionFile.Read(one.Folder)));
    }

    [Fact]
    public async Task A_damaged_model_is_told()
    {
        await InstallAsync(await TestModels.StoriesAsync());
        var weights = Path.Combine(_models.Find(Decoder)!, "stories15m.bin");
        await using (var file = File.OpenWrite(weights))
        {
            await file.WriteAsync(new byte[28], Cancellation);
        }

        await using var service = Service();

        var e = await Assert.ThrowsAsync<ModelException>(() => ExpandAsync(service, Decoder, 512));

        Assert.Contains(weights, e.Message, StringComparison.Ordinal);
    }

    private LongContextService Service() =>
        new(
            new LongContextOptions
            {
                Home = _folder["home"],
                WorkingDirectory = _folder.Path,
                AllowedRoots = [],
                InstallDefaultEncoder = false,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    private Task<InstalledModel> InstallAsync(string folder) =>
        _models.InstallAsync(folder, cancellation: Cancellation);

    private static Task<PositionReport> ExpandAsync(
        LongContextService service,
        string model,
        int length,
        PositionMethod? method = null
    ) => service.ExpandPositionsAsync(new PositionRequest(model, length, method), Cancellation);

    private static async Task AssertChunksRejectedAsync(LongContextService service, int size)
    {
        var request = new ChunkingRequest { ChunkSize = size };
        var e = await Assert.ThrowsAsync<ContextException>(() => service.SetChunkingAsync(request, Cancellation));
        Assert.Contains("32 to 512", e.Message, StringComparison.Ordinal);
    }

    private static float[] Embeddings(BertEncoder encoder)
    {
        List<int> tokens = [];
        encoder.AppendSequence(encoder.Tokenizer.Tokenize("Ships leave at dawn."), tokens);
        var embeddings = new float[tokens.Count * encoder.Config.HiddenSize];
        encoder.CreateSession().Encode([.. tokens], [tokens.Count], embeddings);
        return embeddings;
    }
}
