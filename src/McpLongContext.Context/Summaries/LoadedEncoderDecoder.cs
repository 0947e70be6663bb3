using McpLongContext.Context.Decoders;
using McpLongContext.Inference;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;

namespace McpLongContext.Context.Summaries;

/// <summary>An installed encoder-decoder in RAM.</summary>
internal sealed class LoadedEncoderDecoder : IDisposable
{
    private readonly Precision _precision;
    private CrossProjections? _projections;

    private LoadedEncoderDecoder(
        InstalledModel installed,
        EncoderDecoder model,
        Tokenizer tokenizer,
        Precision precision
    )
    {
        (Installed, Model, Tokenizer, _precision) = (installed, model, tokenizer, precision);
        Key = LoadedDecoder.KeyOf(installed);
        Recommended = BeamSettings.Read(installed.Folder);
    }

    /// <summary>The files that it was loaded from.</summary>
    public InstalledModel Installed { get; }

    /// <summary>The name that it is installed under.</summary>
    public string Name => Installed.Name;

    /// <summary>Names its content: another installation under the same name has another one.</summary>
    public string Key { get; }

    public EncoderDecoder Model { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary>The search that its publishers recommend.</summary>
    public BeamSettings Recommended { get; }

    /// <summary>Names model, weights and arithmetic.</summary>
    public DecoderIdentity Identity =>
        new(
            Name,
            DecoderIdentity.Digest(Installed.Entry.Files.Select(file => file.Sha256)),
            _precision,
            Positions: null
        );

    /// <summary>Loads a model.</summary>
    /// <param name="installed">The model.</param>
    /// <param name="precision">The model's arithmetic.</param>
    /// <exception cref="ModelException">The model is damaged, or of a kind that is not supported.</exception>
    public static LoadedEncoderDecoder Load(InstalledModel installed, Precision precision)
    {
        try
        {
            var model = EncoderDecoder.Load(installed.Folder, precision);
            try
            {
                var tokenizer = ModelTokenizer.Load(installed.Folder, model.Config.VocabularySize);
                return new LoadedEncoderDecoder(installed, model, tokenizer, precision);
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

    /// <summary>The projections of cross-attention, read when a layer retrieves for the first time.</summary>
    public CrossProjections ProjectionsFrom(int layerBegin)
    {
        if (_projections?.LayerBegin != layerBegin)
        {
            _projections = new CrossProjections(Model, layerBegin);
        }

        return _projections;
    }

    public void Dispose() => Model.Dispose();
}
