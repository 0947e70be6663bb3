using System.Runtime.InteropServices;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Examples;

/// <summary>Text that a model writes by itself, kept in the folder of a training for the next time.</summary>
internal static class OwnTextFile
{
    /// <summary>Reads the text, or lets the model write it.</summary>
    /// <param name="folder">The training's folder.</param>
    /// <param name="count">Tokens; 0: none.</param>
    /// <param name="seed">Chooses them.</param>
    /// <param name="engine">The model.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="progress">Told how many tokens there are.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public static int[] ReadOrWrite(
        string folder,
        int count,
        int seed,
        Decoder engine,
        Tokenizer tokenizer,
        int threads,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        if (count <= 0)
        {
            return [];
        }

        var path = Path.Combine(folder, $"own-text-{count}-{seed}.tokens");
        if (!File.Exists(path))
        {
            var written = OwnText.Write(
                engine,
                tokenizer,
                count,
                (ulong)seed,
                threads,
                done => progress.Tell($"filler: {done} of {count} tokens written by the model"),
                cancellation
            );
            AtomicFile.Write(path, stream => stream.Write(MemoryMarshal.AsBytes<int>(written)));
        }

        return [.. MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(path))];
    }
}
