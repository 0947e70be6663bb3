using System.Text.Json;
using McpLongContext.Inference.Models;

namespace McpLongContext.Inference.Tests.Models;

/// <summary>A model store in a folder of its own, which vanishes with the test.</summary>
internal sealed class TemporaryStore : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("model-store-");

    public TemporaryStore()
    {
        Folder = Path.Combine(_root.FullName, "models");
        Options = new ModelStoreOptions { Folder = Folder, StallTimeout = TimeSpan.FromSeconds(20) };
        Store = new ModelStore(Options);
    }

    public ModelStoreOptions Options { get; private set; }

    public ModelStore Store { get; private set; }

    /// <summary>Sets up the store anew, in the same place.</summary>
    public TemporaryStore With(Func<ModelStoreOptions, ModelStoreOptions> configure)
    {
        Options = configure(Options);
        Store = new ModelStore(Options);
        return this;
    }

    /// <summary>Where models are installed.</summary>
    public string Folder { get; }

    /// <summary>A path beside the store, for a test's own files.</summary>
    public string PathOf(string name) => Path.Combine(_root.FullName, name);

    /// <summary>Writes a catalog with these models and reads it as the product does.</summary>
    public ModelCatalog Catalog(params ModelEntry[] entries)
    {
        var path = PathOf("models.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new ModelCatalog.Document(entries), ModelJson.Options));
        return ModelCatalog.Load(path);
    }

    /// <summary>The models and files in sight, without the store's own staging area.</summary>
    public IReadOnlyList<string> VisibleFolders() =>
        Directory.Exists(Folder)
            ?
            [
                .. Directory
                    .EnumerateDirectories(Folder)
                    .Select(folder => Path.GetFileName(folder))
                    .Where(name => name != ".staging"),
            ]
            : [];

    /// <summary>Everything that half-done installations left behind.</summary>
    public IReadOnlyList<string> StagedFiles() =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Folder, ".staging"), "*", SearchOption.AllDirectories)
                .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)),
        ];

    public void Dispose() => _root.Delete(recursive: true);
}
