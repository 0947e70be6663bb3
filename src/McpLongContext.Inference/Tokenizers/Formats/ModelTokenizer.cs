using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>The tokenizer of a decoder's folder, in the format that goes with its weights.</summary>
public static class ModelTokenizer
{
    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folder">
    /// A folder with <c>tokenizer.json</c>, a GGUF file that brings its own, or a llama2.c file with
    /// <c>tokenizer.bin</c>.
    /// </param>
    /// <exception cref="CheckpointException">There is none, it is damaged, or of a kind that is not
    /// supported.</exception>
    public static Tokenizer Load(string folder)
    {
        var json = Path.Combine(folder, TokenizerJson.FileName);
        // As with the weights: what a GGUF file brings goes before a copy of the model's other form, unless that is there.
        if (FolderFiles.Of(folder, ".gguf") is [var gguf] && FolderFiles.Of(folder, ".safetensors").Length == 0)
        {
            using var file = GgufFile.Open(gguf);
            if (GgufTokenizer.IsIn(file) || !File.Exists(json))
            {
                return GgufTokenizer.Load(file);
            }
        }

        // What SentencePiece itself wrote says more about a unigram tokenizer than a copy in another format.
        var pieces = Path.Combine(folder, SentencePieceModel.FileName);
        if (File.Exists(pieces) && (!File.Exists(json) || SentencePieceModel.IsUnigram(pieces)))
        {
            return SentencePieceModel.Load(folder);
        }

        if (File.Exists(json))
        {
            return TokenizerJson.Load(folder);
        }

        var bin = Path.Combine(folder, TokenizerBin.FileName);
        return File.Exists(bin)
            ? TokenizerBin.Load(bin)
            : throw new CheckpointException(
                folder,
                $"no tokenizer found, expected {TokenizerJson.FileName}, {SentencePieceModel.FileName}, a .gguf file or "
                    + TokenizerBin.FileName
            );
    }

    /// <summary>Reads the tokenizer of a model and holds it against the model.</summary>
    /// <param name="folder">The folder of both.</param>
    /// <param name="config">The model's configuration.</param>
    /// <exception cref="CheckpointException">As above, or it has tokens that the model lacks.</exception>
    public static Tokenizer Load(string folder, DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Load(folder, config.VocabularySize);
    }

    /// <summary>Reads the tokenizer of a model and holds it against the model.</summary>
    /// <param name="folder">The folder of both.</param>
    /// <param name="vocabularySize">Rows of the model's embedding.</param>
    /// <exception cref="CheckpointException">As above, or it has tokens that the model lacks.</exception>
    public static Tokenizer Load(string folder, int vocabularySize)
    {
        var tokenizer = Load(folder);
        return tokenizer.Vocabulary.Count <= vocabularySize
            ? tokenizer
            : throw new CheckpointException(
                folder,
                $"a tokenizer of {tokenizer.Vocabulary.Count} tokens found, expected at most the {vocabularySize} of the "
                    + "model: they are of different models. Fetch the tokenizer's files again"
            );
    }
}
