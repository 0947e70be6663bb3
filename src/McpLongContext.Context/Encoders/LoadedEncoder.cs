using McpLongContext.Context.Files;
using McpLongContext.Inference;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.LongAttention.Positions;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Encoders;

/// <summary>An installed encoder in RAM, shared by all workers.</summary>
internal sealed class LoadedEncoder : IDisposable
{
    private readonly InstalledModel _model;
    private readonly Precision _precision;
    private readonly BertEncoder _trained;
    private readonly PositionSettings? _positions;
    private readonly string? _adapter;
    private volatile ReadAdapter? _read;
    private readonly Lazy<EncoderStatistics> _statistics;

    /// <summary>Loads an encoder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="precision">The arithmetic.</param>
    /// <param name="languages">The languages that it was trained on; <see langword="null"/>: not known.</param>
    public LoadedEncoder(InstalledModel model, Precision precision, IReadOnlyList<string>? languages = null)
        : this(model, precision, languages, AdapterOf(model)) { }

    private LoadedEncoder(
        InstalledModel model,
        Precision precision,
        IReadOnlyList<string>? languages,
        EncoderAdapter? adapter
    )
        : this(model, precision, languages, BertEncoder.Load(model.Folder, precision, adapter), adapter?.Identity) { }

    private LoadedEncoder(
        InstalledModel model,
        Precision precision,
        IReadOnlyList<string>? languages,
        BertEncoder trained,
        string? adapter
    )
    {
        (_model, _precision, Languages, _trained, _adapter) = (model, precision, languages, trained, adapter);
        _positions = PositionFile.Read(model.Folder);
        Encoder = _positions?.Apply(trained) ?? trained;
        Key = KeyOf(model, precision, _positions, adapter);
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

    /// <summary>Whether positions and adapter are those that are set now; of a model that is gone they are.</summary>
    public bool IsCurrent =>
        !Directory.Exists(_model.Folder) || (IsAdapterCurrent && PositionFile.Read(_model.Folder) == _positions);

    /// <summary>Whether the adapter is that of the file; while the file has the same stamp, it is not read: every query asks.</summary>
    private bool IsAdapterCurrent
    {
        get
        {
            var path = Path.Combine(_model.Folder, EncoderAdapter.FileName);
            if (_read is { } read && read.Stamp == FileStatus.Of(path))
            {
                return true;
            }

            var stamp = FileStatus.BeforeReading(path);
            if (IdentityOf(_model) != _adapter)
            {
                return false;
            }

            _read = new ReadAdapter(stamp);
            return true;
        }
    }

    /// <summary>The same encoder with what is set now; weights that are the same are shared.</summary>
    public LoadedEncoder Renew() =>
        IsAdapterCurrent
            ? new(_model, _precision, Languages, _trained, _adapter)
            : new LoadedEncoder(_model, _precision, Languages);

    /// <summary>The key of an installed encoder, without loading it.</summary>
    public static string KeyOf(InstalledModel model, Precision precision) =>
        KeyOf(model, precision, PositionFile.Read(model.Folder), IdentityOf(model));

    private static string KeyOf(InstalledModel model, Precision precision, PositionSettings? positions, string? adapter)
    {
        // The other methods leave the trained rows, and so the embeddings of all that fits the trained window.
        var moved = positions is { Method: PositionMethod.Interpolation } ? $" {positions.Length} positions" : "";
        var adapted = adapter is null ? "" : $" adapter {adapter}";
        return DocumentEncoder.Key($"{model.Name} {WeightsOf(model)} {precision}{moved}{adapted}");
    }

    private static string WeightsOf(InstalledModel model) =>
        model
            .Entry.Files.First(file =>
                file.Name.EndsWith(".safetensors", StringComparison.Ordinal) && file.Name != EncoderAdapter.FileName
            )
            .Sha256!;

    private static string? IdentityOf(InstalledModel model) =>
        Adapt(model, () => EncoderAdapter.IdentityIn(model.Folder));

    private static EncoderAdapter? AdapterOf(InstalledModel model)
    {
        var path = Path.Combine(model.Folder, EncoderAdapter.FileName);
        return File.Exists(path)
            ? Adapt(
                model,
                () =>
                    EncoderAdapter.Load(
                        path,
                        BertConfig.Load(Path.Combine(model.Folder, BertConfig.FileName)),
                        WeightsOf(model)
                    )
            )
            : null;
    }

    private static T Adapt<T>(InstalledModel model, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CheckpointException error)
        {
            throw new ModelException(
                $"the adapter of encoder {model.Name} cannot be used: {error.Message}. Remove the file to use the encoder "
                    + "without it, or train it again.",
                error
            );
        }
    }

    public void Dispose() => Encoder.Dispose();

    /// <summary>The adapter was read, and is the one in use.</summary>
    /// <param name="Stamp">Of its file.</param>
    private sealed record ReadAdapter(FileStamp Stamp);
}
