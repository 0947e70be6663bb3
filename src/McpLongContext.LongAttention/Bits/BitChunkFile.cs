using System.Text.Json;
using McpLongContext.Inference;
using McpLongContext.Inference.Bits;

namespace McpLongContext.LongAttention.Bits;

/// <summary>
/// The chunks of attention of a bit model, kept in its folder: every request reads them, and they go when the model is
/// removed. A model without the file has those that it was trained with.
/// </summary>
/// <remarks><c>{"version": 1, "chunk_size": 2048, "overlap": 128}</c>, in bits. Replaced in one step.</remarks>
public static class BitChunkFile
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string Name = "chunks.json";

    private const int Version = 1;

    /// <summary>The model with the chunks that its folder asks for.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="model">The model as it was trained.</param>
    /// <exception cref="ModelException">The file is damaged, or of a later version.</exception>
    public static BitTransformer Apply(string folder, BitTransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var path = Path.Combine(folder, Name);
        try
        {
            return ModelFolderFile.Read<Content>(path) switch
            {
                null => model,
                { Version: Version, ChunkSize: >= 0, Overlap: >= 0 } chunks => model.WithChunks(
                    chunks.ChunkSize,
                    chunks.Overlap
                ),
                var other => throw Damaged(path, $"{other} found"),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw Damaged(path, e.Message);
        }
    }

    /// <summary>Keeps the chunks of a model.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="size">Bits of a chunk; 0 for attention to the whole window.</param>
    /// <param name="overlap">Bits before its chunk that a bit attends to as well.</param>
    /// <exception cref="ModelException">The folder cannot be written to; the earlier chunks stay.</exception>
    public static void Write(string folder, int size, int overlap) =>
        ModelFolderFile.Replace(Path.Combine(folder, Name), new Content(Version, size, overlap), "The chunks");

    private static ModelException Damaged(string path, string found) =>
        new($"{path} is damaged: {found}. Set the chunks again, or remove the file to use those of the training.");

    private sealed record Content(int Version, int ChunkSize, int Overlap);
}
