using System.Text.Json;

namespace McpLongContext.Inference.Models;

/// <summary>The models that are known by name: <c>config/models.json</c>, shipped beside the program.</summary>
public sealed class ModelCatalog
{
    private static readonly Lazy<ModelCatalog> s_shipped = new(() =>
        Load(Path.Combine(AppContext.BaseDirectory, "config", "models.json"))
    );

    private readonly string _folder;

    private ModelCatalog(string folder, IReadOnlyList<ModelEntry> entries) => (_folder, Entries) = (folder, entries);

    /// <summary>The catalog that is shipped with the program.</summary>
    /// <exception cref="ModelException">The catalog is missing or malformed.</exception>
    public static ModelCatalog Shipped => s_shipped.Value;

    /// <summary>All models of the catalog, in its order.</summary>
    public IReadOnlyList<ModelEntry> Entries { get; }

    /// <summary>The encoder that is used unless another one is configured.</summary>
    /// <exception cref="ModelException">The catalog names none.</exception>
    public ModelEntry DefaultEncoder =>
        Entries.FirstOrDefault(entry => entry.Default && entry.Purpose == ModelEntry.Encoder)
        ?? throw new ModelException("The model catalog names no default encoder (\"default\": true).");

    /// <summary>The model of this name, or null. Case is ignored.</summary>
    public ModelEntry? Find(string name) =>
        Entries.FirstOrDefault(entry => string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The file that is shipped for a model, or null; see <see cref="ModelEntry.Adapter"/>.</summary>
    public string? AdapterOf(string name) => Find(name) is { Adapter: { } adapter } ? PathOf(adapter) : null;

    /// <summary>The path of what is shipped beside the catalog.</summary>
    /// <param name="relative">The path from the catalog's folder.</param>
    internal string PathOf(string relative) => Path.Combine(_folder, relative);

    /// <summary>The languages of an installed model: its own, or those of the entry with its name or repository.</summary>
    public IReadOnlyList<string>? LanguagesOf(ModelEntry installed)
    {
        ArgumentNullException.ThrowIfNull(installed);
        return installed.Languages
            ?? Entries
                .FirstOrDefault(entry =>
                    entry.Name == installed.Name
                    || installed.Source.StartsWith($"{entry.Source}@", StringComparison.Ordinal)
                )
                ?.Languages;
    }

    /// <summary>Reads a catalog.</summary>
    /// <exception cref="ModelException">The file is missing or malformed.</exception>
    public static ModelCatalog Load(string path)
    {
        try
        {
            var document = JsonSerializer.Deserialize<Document>(File.ReadAllBytes(path), ModelJson.Options);
            return document?.Models.Contains(null!) == false
                ? new ModelCatalog(Path.GetDirectoryName(Path.GetFullPath(path))!, document.Models)
                : throw new JsonException("null found, expected models");
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new ModelException($"The model catalog {path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The file.</summary>
    internal sealed record Document(IReadOnlyList<ModelEntry> Models);
}
