using McpLongContext.Context.Ingestion;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Unlimiformer;

namespace McpLongContext.Context.HiddenStates;

/// <summary>An installed encoder in memory, shared by all workers.</summary>
internal sealed class LoadedEncoder : IDisposable
{
    private readonly Lazy<StateStatistics> _statistics;

    public LoadedEncoder(InstalledModel model)
    {
        Encoder = BertEncoder.Load(model.Folder);
        var weights = model.Entry.Files.First(file => file.Name.EndsWith(".safetensors", StringComparison.Ordinal));
        Key = $"{model.Name}/{weights.Sha256}/{EncoderText.Version}.{PassageEncoder.Version}";
        _statistics = new Lazy<StateStatistics>(() => StateStatistics.Measure(Encoder));
    }

    public BertEncoder Encoder { get; }

    /// <summary>Statistics of its states, measured when they are first needed.</summary>
    public StateStatistics Statistics => _statistics.Value;

    /// <summary>Names the states that it computes: those of equal keys are comparable.</summary>
    public string Key { get; }

    public void Dispose() => Encoder.Dispose();
}
