using System.Text.Json;
using McpLongContext.Inference;

namespace McpLongContext.LongAttention.Bits;

/// <summary>
/// The settings of bit models that a machine bears, as a benchmark measured them: a file in the data folder that holds
/// wherever a training or a request names nothing else.
/// </summary>
/// <remarks>Replaced in one step. Names are those of the model's configuration.</remarks>
public sealed record BitDefaults
{
    /// <summary>The name of the file in the data folder.</summary>
    public const string FileName = "bit-defaults.json";

    private const int CurrentVersion = 1;

    /// <summary>The version of the file.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Bytes of RAM that the defaults are for.</summary>
    public required long Ram { get; init; }

    /// <summary>Bits of a window.</summary>
    public required int MaxSeqLen { get; init; }

    /// <summary>Bits of a chunk of attention; 0 for the whole window.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Bits before its chunk that a bit attends to as well.</summary>
    public required int Overlap { get; init; }

    /// <summary>Whether layers are reversible.</summary>
    public required bool Reversible { get; init; }

    /// <summary>Whether computation time is adaptive.</summary>
    public required bool UseAct { get; init; }

    /// <summary>Whether a training computes products in bfloat16.</summary>
    public required bool Bfloat16 { get; init; }

    /// <summary>Streams of a training step.</summary>
    public required int Batch { get; init; }

    /// <summary>Whether a model's linear layers are quantized to int8 as it is loaded for scanning.</summary>
    public required bool Quantize { get; init; }

    /// <summary>The defaults of a data folder; <see langword="null"/> where nothing was measured.</summary>
    /// <param name="home">The data folder.</param>
    /// <exception cref="ModelException">The file is damaged, or of a later version.</exception>
    public static BitDefaults? Read(string home)
    {
        var path = Path.Combine(home, FileName);
        try
        {
            return ModelFolderFile.Read<BitDefaults>(path) switch
            {
                null => null,
                { Version: CurrentVersion, MaxSeqLen: > 0, ChunkSize: >= 0, Overlap: >= 0, Batch: > 0 } found => found,
                var other => throw Damaged(path, $"{other} found"),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw Damaged(path, e.Message);
        }
    }

    /// <summary>Keeps the defaults in a data folder.</summary>
    /// <param name="home">The data folder.</param>
    /// <exception cref="ModelException">The folder cannot be written to; the earlier defaults stay.</exception>
    public void Write(string home) => ModelFolderFile.Replace(Path.Combine(home, FileName), this, "The defaults");

    private static ModelException Damaged(string path, string found) =>
        new($"{path} is damaged: {found}. Run `mcp-long-context-train bits-benchmark` again, or remove the file.");
}
