using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Context.Decoders;

/// <summary>An installed generative model in memory.</summary>
internal sealed class LoadedDecoder : IDisposable
{
    private LoadedDecoder(string name, string key, LlamaModel model, Tokenizer tokenizer)
    {
        Name = name;
        Key = key;
        Model = model;
        Tokenizer = tokenizer;
    }

    /// <summary>The name that it is installed under.</summary>
    public string Name { get; }

    /// <summary>Names its content: another installation under the same name has another one.</summary>
    public string Key { get; }

    public LlamaModel Model { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary>The window that it was trained with, in tokens.</summary>
    public int TrainedWindow => Model.Config.ContextLength;

    /// <summary>The token that every text has to begin with, where the model wants one.</summary>
    public int? Begin => Tokenizer.Settings.AddsBegin ? Tokenizer.Settings.Begin : null;

    /// <summary>The format of its conversations; <see langword="null"/> for a model that only continues texts.</summary>
    /// <exception cref="ModelException">Its template is of no format that is known.</exception>
    public ChatTemplate? ChatTemplate => ChatTemplate.Of(Tokenizer);

    /// <summary>The key of an installed model, without loading it.</summary>
    public static string KeyOf(InstalledModel model) =>
        string.Join(' ', model.Entry.Files.Select(file => file.Sha256).Prepend(model.Folder));

    /// <summary>Loads a model.</summary>
    /// <exception cref="ModelException">It is damaged, or of a kind that is not supported; the message says which.</exception>
    public static LoadedDecoder Load(InstalledModel installed, Precision precision)
    {
        try
        {
            var tokenizer = ModelTokenizer.Load(installed.Folder);
            var model = LlamaModel.Load(installed.Folder, precision);
            if (tokenizer.Vocabulary.Count <= model.Config.VocabularySize)
            {
                return new LoadedDecoder(installed.Name, KeyOf(installed), model, tokenizer);
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

    public void Dispose() => Model.Dispose();
}
