using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>The tokenizer of a decoder's folder, in the format that goes with its weights.</summary>
public static class ModelTokenizer
{
    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folder">
    /// A folder with <c>tokenizer.json</c>, a GGUF file that brings its own, or a llama2.c file with <c>tokenizer.bin</c>.
    /// </param>
    /// <exception cref="CheckpointException">There is none, it is damaged, or of a kind that is not supported.</exception>
    public static Tokenizer Load(string folder)
    {
        if (File.Exists(Path.Combine(folder, TokenizerJson.FileName)))
        {
            return TokenizerJson.Load(folder);
        }

        if (Directory.GetFiles(folder, "*.gguf") is [var gguf])
        {
            using var file = GgufFile.Open(gguf);
            return GgufTokenizer.Load(file);
        }

        var bin = Path.Combine(folder, TokenizerBin.FileName);
        return File.Exists(bin)
            ? TokenizerBin.Load(bin)
            : throw new CheckpointException(
                folder,
                $"no tokenizer found, expected {TokenizerJson.FileName}, a .gguf file or {TokenizerBin.FileName}"
            );
    }
}
