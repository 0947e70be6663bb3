using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Unlimiformer;

namespace McpLongContext.Context.Encoders;

/// <summary>An installed encoder in memory, shared by all workers.</summary>
internal sealed class LoadedEncoder : IDisposable
{
    private readonly Lazy<EncoderStatistics> _statistics;

    public LoadedEncoder(InstalledModel model, Precision precision)
    {
        Encoder = BertEncoder.Load(model.Folder, precision);
        Key = KeyOf(model, precision);
        _statistics = new Lazy<EncoderStatistics>(() =>
            EncoderStatistics.Measure(new PassageEncoder(Encoder, new ChunkSettings()))
        );
    }

    public BertEncoder Encoder { get; }

    /// <summary>Statistics of its states, measured when they are first needed.</summary>
    public EncoderStatistics Statistics => _statistics.Value;

    /// <summary>Names the states that it computes: those of equal keys are comparable.</summary>
    public string Key { get; }

    /// <summary>The key of an installed encoder, without loading it.</summary>
    public static string KeyOf(InstalledModel model, Precision precision)
    {
        var weights = model.Entry.Files.First(file => file.Name.EndsWith(".safetensors", StringComparison.Ordinal));
        return DocumentEncoder.Key($"{model.Name} {weights.Sha256} {precision}");
    }

    public void Dispose() => Encoder.Dispose();
}
