using McpLongContext.Inference;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Decoders;

/// <summary>An installed generative model in RAM.</summary>
internal sealed class LoadedDecoder : IDisposable
{
    private readonly Dictionary<Type, IDisposable> _attached = [];
    private readonly Decoder _trained;
    private readonly Precision _precision;
    private PositionSettings? _positions;

    private LoadedDecoder(InstalledModel installed, Decoder trained, Tokenizer tokenizer, Precision precision)
    {
        Installed = installed;
        _precision = precision;
        _trained = trained;
        Key = KeyOf(installed);
        Model = trained;
        Tokenizer = tokenizer;
    }

    /// <summary>The files that it was loaded from.</summary>
    public InstalledModel Installed { get; }

    /// <summary>The name that it is installed under.</summary>
    public string Name => Installed.Name;

    /// <summary>Names its content: another installation under the same name has another one.</summary>
    public string Key { get; }

    /// <summary>The model, with the positions that were set when it was leased.</summary>
    public Decoder Model { get; private set; }

    public Tokenizer Tokenizer { get; }

    /// <summary>The window in force, in tokens: the trained one, unless its positions are expanded.</summary>
    public int Window => Model.Config.ContextLength;

    /// <summary>The token that every text has to begin with, where the model wants one.</summary>
    public int? Begin => Tokenizer.Settings.AddsBegin ? Tokenizer.Settings.Begin : null;

    /// <summary>
    /// The format of its conversations; <see langword="null"/> for a model that only continues texts.
    /// </summary>
    /// <exception cref="ModelException">The model's template is of no format that is known.</exception>
    public ChatTemplate? ChatTemplate => ChatTemplate.Of(Tokenizer);

    /// <summary>
    /// The tokens that stand before every text and after every query in the format of a chat model; of one that only
    /// continues texts, the token that they begin with.
    /// </summary>
    public ChatFrame Frame => ChatFrame.Of(Tokenizer);

    /// <summary>
    /// Names the model, its weights, its arithmetic and its positions, as decoder memories are named by.
    /// </summary>
    public DecoderIdentity Identity =>
        new(Name, DecoderIdentity.Digest(Installed.Entry.Files.Select(file => file.Sha256)), _precision, _positions);

    /// <summary>The key of an installed model, without loading it.</summary>
    public static string KeyOf(InstalledModel model) =>
        string.Join(' ', model.Entry.Files.Select(file => file.Sha256).Prepend(model.Folder));

    /// <summary>Loads a model.</summary>
    /// <param name="installed">The model.</param>
    /// <param name="precision">The model's arithmetic.</param>
    /// <exception cref="ModelException">
    /// The model is damaged, or of a kind that is not supported; the message says which.
    /// </exception>
    public static LoadedDecoder Load(InstalledModel installed, Precision precision)
    {
        try
        {
            var model = Decoder.Load(installed.Folder, precision, cache: WeightCache.Of(installed));
            try
            {
                var tokenizer = ModelTokenizer.Load(installed.Folder, model.Config);
                return new LoadedDecoder(installed, model, tokenizer, precision);
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
        catch (CheckpointException error)
        {
            throw new ModelException(
                $"The model {installed.Name} cannot be used: {error.Message}. Choose another one with model, or remove "
                    + "it and install it again.",
                error
            );
        }
    }

    /// <summary>Takes the positions that are set now; the weights stay. Not to be called while it is leased.</summary>
    /// <exception cref="ModelException">The positions cannot be read, or are those of another model.</exception>
    public void RenewPositions()
    {
        var positions = PositionFile.Read(Installed.Folder);
        if (positions != _positions)
        {
            Model = positions?.Apply(_trained) ?? _trained;
            _positions = positions;
            Detach();
        }
    }

    /// <summary>
    /// The data that a decoder memory keeps while the positions stay; <see langword="null"/>: nothing yet.
    /// </summary>
    public T? Attached<T>()
        where T : class, IDisposable => _attached.GetValueOrDefault(typeof(T)) as T;

    /// <summary>
    /// Keeps something of a decoder memory, one of a type, until the positions change or the decoder is unloaded.
    /// </summary>
    public T Attach<T>(T value)
        where T : class, IDisposable
    {
        _attached.Add(typeof(T), value);
        return value;
    }

    /// <summary>Drops what was kept of a type.</summary>
    public void Detach<T>()
        where T : class, IDisposable
    {
        if (_attached.Remove(typeof(T), out var value))
        {
            value.Dispose();
        }
    }

    public void Dispose()
    {
        Detach();
        _trained.Dispose();
    }

    private void Detach()
    {
        foreach (var one in _attached.Values)
        {
            one.Dispose();
        }

        _attached.Clear();
    }
}
