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

    /// <summary>Loads an encoder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="precision">The arithmetic.</param>
    /// <param name="languages">The languages that it was trained on; <see langword="null"/>: not known.</param>
    public LoadedEncoder(InstalledModel model, Precision precision, IReadOnlyList<string>? languages = null)
        : this(model, precision, languages, BertEncoder.Load(model.Folder, precision)) { }

    private LoadedEncoder(
        InstalledModel model,
        Precision precision,
        IReadOnlyList<string>? languages,
        BertEncoder trained
    )
    {
        (_model, _precision, Languages, _trained) = (model, precision, languages, trained);
        _positions = PositionFile.Read(model.Folder);
        Encoder = _positions?.Apply(trained) ?? trained;
        Key = KeyOf(model, precision, _positions);
        _statistics = new Lazy<EncoderStatistics>(() =>
            EncoderStatistics.Measure(new PassageEncoder(Encoder, new ChunkSettings()))
        );
    }

    public BertEncoder Encoder { get; }

    /// <summary>
    /// The languages that it was trained on, by their ISO 639 codes; <see langword="null"/> where that is not known.
    /// </summary>
    public IReadOnlyList<string>? Languages { get; }

    /// <summary>Statistics of its embeddings, measured when they are first needed.</summary>
    public EncoderStatistics Statistics => _statistics.Value;

    /// <summary>Names the embeddings that it computes: those of equal keys are comparable.</summary>
    public string Key { get; }

    /// <summary>Whether the positions are those that are set now.</summary>
    public bool IsCurrent => PositionFile.Read(_model.Folder) == _positions;

    /// <summary>The same encoder with the positions that are set now; the weights are shared.</summary>
    public LoadedEncoder Renew() => new(_model, _precision, Languages, _trained);

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
