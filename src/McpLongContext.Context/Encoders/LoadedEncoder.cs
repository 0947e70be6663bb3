using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Encoders;

/// <summary>An installed encoder in RAM, shared by all workers.</summary>
internal sealed class LoadedEncoder : IDisposable
{
    private readonly InstalledModel _model;
    private readonly Precision _precision;
    private readonly BertEncoder _trained;
    private readonly PositionSettings? _positions;
    private readonly Lazy<EncoderStatistics> _statistics;

    public LoadedEncoder(InstalledModel model, Precision precision)
        : this(model, precision, BertEncoder.Load(model.Folder, precision)) { }

    private LoadedEncoder(InstalledModel model, Precision precision, BertEncoder trained)
    {
        (_model, _precision, _trained) = (model, precision, trained);
        _positions = PositionFile.Read(model.Folder);
        Encoder = _positions?.Apply(trained) ?? trained;
        Key = KeyOf(model, precision, _positions);
        _statistics = new Lazy<EncoderStatistics>(() =>
            EncoderStatistics.Measure(new PassageEncoder(Encoder, new ChunkSettings()))
        );
    }

    public BertEncoder Encoder { get; }

    /// <summary>Statistics of its embeddings, measured when they are first needed.</summary>
    public EncoderStatistics Statistics => _statistics.Value;

    /// <summary>Names the embeddings that it computes: those of equal keys are comparable.</summary>
    public string Key { get; }

    /// <summary>Whether the positions are those that are set now.</summary>
    public bool IsCurrent => PositionFile.Read(_model.Folder) == _positions;

    /// <summary>The same encoder with the positions that are set now; the weights are shared.</summary>
    public LoadedEncoder Renew() => new(_model, _precision, _trained);

    /// <summary>The key of an installed encoder, without loading it.</summary>
    public static string KeyOf(InstalledModel model, Precision precision) =>
        KeyOf(model, precision, PositionFile.Read(model.Folder));

    private static string KeyOf(InstalledModel model, Precision precision, PositionSettings? positions)
    {
        var weights = model.Entry.Files.First(file => file.Name.EndsWith(".safetensors", StringComparison.Ordinal));
        // The other methods leave the trained rows, and so the embeddings of all that fits the trained window.
        var moved = positions is { Method: PositionMethod.Interpolation } ? $" {positions.Length} positions" : "";
        return DocumentEncoder.Key($"{model.Name} {weights.Sha256} {precision}{moved}");
    }

    public void Dispose() => Encoder.Dispose();
}
