using System.Text.Json;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Models;

/// <summary>A model on disk: its folder, which holds its files and a manifest.</summary>
/// <param name="Folder">The absolute path of the folder.</param>
/// <param name="Entry">The installed model; every file has its SHA-256.</param>
public sealed record InstalledModel(string Folder, ModelEntry Entry)
{
    internal const string ManifestName = "manifest.json";

    /// <summary>The name that it is installed under.</summary>
    public string Name => Entry.Name;

    /// <summary>
    /// Reads the manifest of a folder. Null when the folder holds no installed model, or one whose files are gone or
    /// were cut: it is to be installed again.
    /// </summary>
    internal static InstalledModel? Read(string folder)
    {
        try
        {
            var manifest = File.ReadAllBytes(Path.Combine(folder, ManifestName));
            var entry = JsonSerializer.Deserialize<ModelEntry>(manifest, ModelJson.Options);
            return entry is not null && entry.Files.All(file => IsWhole(folder, file))
                ? new InstalledModel(folder, entry)
                : null;
        }
        // ArgumentException: a name that no file can have.
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether a file is there; a manifest that was damaged may hold a null in its list. Adapters may be trained anew, or
    /// removed.
    /// </summary>
    private static bool IsWhole(string folder, ModelFile? file) =>
        file is { Name: SafetensorsFolder.AdapterName or SafetensorsFolder.EncoderAdapterName }
        || file is not null
            && new FileInfo(Path.Combine(folder, file.Name)) is { Exists: true } info
            && info.Length == file.Size;

    internal static async Task WriteManifestAsync(string folder, ModelEntry entry, CancellationToken cancellation)
    {
        var file = File.Create(Path.Combine(folder, ManifestName));
        await using (file)
        {
            await JsonSerializer.SerializeAsync(file, entry, ModelJson.Options, cancellation);
            file.Flush(flushToDisk: true);
        }
    }
}
