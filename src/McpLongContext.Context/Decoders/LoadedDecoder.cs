using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama;
using McpLongContext.Inference.Llama.Packed;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.LongAttention.Positions;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.Context.Decoders;

/// <summary>An installed generative model in memory.</summary>
internal sealed class LoadedDecoder : IDisposable
{
    private readonly InstalledModel _installed;
    private readonly LlamaModel _trained;
    private readonly Precision _precision;
    private readonly UnlimiformerOptions _retrieval;
    private PositionSettings? _positions;
    private DecoderKeys? _keys;

    private LoadedDecoder(
        InstalledModel installed,
        LlamaModel trained,
        Tokenizer tokenizer,
        Precision precision,
        UnlimiformerOptions retrieval
    )
    {
        _installed = installed;
        _retrieval = retrieval;
        _precision = precision;
        _trained = trained;
        Key = KeyOf(installed);
        Model = trained;
        Tokenizer = tokenizer;
    }

    /// <summary>The name that it is installed under.</summary>
    public string Name => _installed.Name;

    /// <summary>Names its content: another installation under the same name has another one.</summary>
    public string Key { get; }

    /// <summary>The model, with the positions that were set when it was lent.</summary>
    public LlamaModel Model { get; private set; }

    public Tokenizer Tokenizer { get; }

    /// <summary>The window in force, in tokens: the trained one, unless its positions are expanded.</summary>
    public int Window => Model.Config.ContextLength;

    /// <summary>The token that every text has to begin with, where the model wants one.</summary>
    public int? Begin => Tokenizer.Settings.AddsBegin ? Tokenizer.Settings.Begin : null;

    /// <summary>The format of its conversations; <see langword="null"/> for a model that only continues texts.</summary>
    /// <exception cref="ModelException">Its template is of no format that is known.</exception>
    public ChatTemplate? ChatTemplate => ChatTemplate.Of(Tokenizer);

    /// <summary>The key of an installed model, without loading it.</summary>
    public static string KeyOf(InstalledModel model) =>
        string.Join(' ', model.Entry.Files.Select(file => file.Sha256).Prepend(model.Folder));

    /// <summary>Loads a model.</summary>
    /// <param name="installed">The model.</param>
    /// <param name="precision">Its arithmetic.</param>
    /// <param name="retrieval">What its memories keep.</param>
    /// <exception cref="ModelException">It is damaged, or of a kind that is not supported; the message says which.</exception>
    public static LoadedDecoder Load(InstalledModel installed, Precision precision, UnlimiformerOptions retrieval)
    {
        try
        {
            var tokenizer = ModelTokenizer.Load(installed.Folder);
            var model = LlamaModel.Load(installed.Folder, precision, cache: WeightCache.Of(installed));
            if (tokenizer.Vocabulary.Count <= model.Config.VocabularySize)
            {
                return new LoadedDecoder(installed, model, tokenizer, precision, retrieval);
            }

            model.Dispose();
            throw new CheckpointException(
                installed.Folder,
                $"a tokenizer of {tokenizer.Vocabulary.Count} tokens found, expected at most the "
                    + $"{model.Config.VocabularySize} of the model"
            );
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

    /// <summary>Takes the positions that are set now; the weights stay. Not to be called while it is lent.</summary>
    /// <exception cref="ModelException">They cannot be read, or are those of another model.</exception>
    public void RenewPositions()
    {
        var positions = PositionFile.Read(_installed.Folder);
        if (positions != _positions)
        {
            Model = positions?.Apply(_trained) ?? _trained;
            _positions = positions;
            _keys?.Dispose();
            _keys = null;
        }
    }

    /// <summary>What retrieval attention needs; <see langword="null"/> while nobody has looked for its retrieval heads.</summary>
    public DecoderKeys? FindKeys() =>
        _keys ??= RetrievalHeadsFile.Read(_installed, Model.Config) is { } heads
            ? CreateKeys(DecoderKeys.FrameOf(this), heads)
            : null;

    /// <summary>What retrieval attention needs; the heads are looked for when nobody has yet, and kept with the model.</summary>
    /// <param name="cancellation">Ends the search for heads, which takes as long as a few thousand tokens.</param>
    public DecoderKeys EnsureKeys(CancellationToken cancellation)
    {
        if (FindKeys() is { } known)
        {
            return known;
        }

        var frame = DecoderKeys.FrameOf(this);
        var heads = RetrievalHeadsFile.ReadOrCalibrate(
            _installed,
            Model,
            Tokenizer,
            [.. frame.Before],
            cancellation: cancellation
        );
        return _keys = CreateKeys(frame, heads);
    }

    /// <summary>What a compressive memory needs, with the adapter that lies in the model's folder now, if there is one.</summary>
    /// <exception cref="ModelException">The adapter is damaged, or for another model.</exception>
    public DecoderMemory ReadMemory()
    {
        var path = Path.Combine(_installed.Folder, InfiniAdapter.FileName);
        try
        {
            var weights = _installed.Entry.Files.MaxBy(file => file.Size)!;
            var adapter = File.Exists(path)
                ? InfiniAdapter.Load(path, Model.Config, weights.Sha256!)
                : InfiniAdapter.None(Model.Config);
            return new DecoderMemory(Model, adapter, Identity);
        }
        catch (CheckpointException error)
        {
            throw new ModelException(
                $"The adapter of {Name} cannot be used: {error.Message}. Replace it, or remove the file to use the model "
                    + "without.",
                error
            );
        }
    }

    public void Dispose()
    {
        _keys?.Dispose();
        _trained.Dispose();
    }

    /// <summary>Names the model, its weights, its arithmetic and its positions.</summary>
    private string Identity
    {
        get
        {
            var files = DecoderKeys.Digest(_installed.Entry.Files.Select(file => file.Sha256));
            var positions = _positions is { } set ? $" {set.Method} {set.Length}" : "";
            return $"{Name} {files} {_precision}{positions}";
        }
    }

    private DecoderKeys CreateKeys(ChatFrame frame, RetrievalHeads heads) =>
        _retrieval.LayerBegin >= Model.Config.LayerCount
            ? throw new ContextException(
                $"Unlimiformer:layer_begin: {_retrieval.LayerBegin} found, but {Name} has {Model.Config.LayerCount} layers; "
                    + $"set it to {Model.Config.LayerCount - 1} or less, or to nothing."
            )
            : new(Model, frame, heads, Identity, _retrieval);
}
