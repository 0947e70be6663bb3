using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.LongInference;

/// <summary>Long inference with stories15M in fp32, as the product installs it; see tools/golden/llama.</summary>
public abstract class StoriesInference : IAsyncLifetime
{
    protected const string Model = "stories15m";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected TemporaryFolder Folder { get; } = new();

    private protected LongContextService Service { get; private set; } = null!;

    /// <summary>A text and its windows, from the reference.</summary>
    private protected GoldenScore Golden { get; private set; } = null!;

    private protected string ModelFolder { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        ModelFolder = await TestModels.StoriesAsync();
        var file = Path.Combine(AppContext.BaseDirectory, "LongInference", "GoldenData", "stories15m-score.json");
        Golden = JsonSerializer.Deserialize<GoldenScore>(await File.ReadAllTextAsync(file, Cancellation), s_json)!;
        Service = CreateService(Precision.Float32);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static LongInferenceRequest Score(string text, int window, double overlap) =>
        new()
        {
            Text = text,
            Window = window,
            Overlap = overlap,
            Model = Model,
        };

    protected Task<LongInferenceReport> InferAsync(LongInferenceRequest request) =>
        Service.InferAsync(request, progress: null, Cancellation);

    private protected LongContextService CreateService(Precision precision) =>
        new(Options(precision), TimeProvider.System, NullLoggerFactory.Instance);

    private protected LongContextOptions Options(Precision precision)
    {
        var work = Directory.CreateDirectory(Folder["work"]).FullName;
        return new LongContextOptions
        {
            Home = Folder["home"],
            Models = LongContextHome.Models,
            WorkingDirectory = work,
            AllowedRoots = [work],
            DecoderPrecision = precision,
        };
    }

    private protected sealed record GoldenScore(
        string Text,
        int Window,
        double Overlap,
        GoldenWindow[] Windows,
        double Perplexity
    );

    private protected sealed record GoldenWindow(int First, int Tokens, double Perplexity, double EntropyBits);
}
