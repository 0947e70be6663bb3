using System.Collections.Concurrent;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>
/// Tokenizers of real models, and the vectors that come with some. The catalog in <c>models.json</c> says where they
/// are; the product's own code installs them once, beside the user's models.
/// </summary>
internal static class TokenizerFiles
{
    private static readonly ModelStore s_store = new(
        new ModelStoreOptions
        {
            Folder = Path.Combine(LongContextHome.Path, "test-models"),
            Catalog = ModelCatalog.Load(Path.Combine(AppContext.BaseDirectory, "models.json")),
        }
    );

    private static readonly ConcurrentDictionary<string, Task<InstalledModel>> s_folders = new();
    private static readonly ConcurrentDictionary<string, Task<Tokenizer>> s_tokenizers = new();

    /// <summary>A file among the vectors.</summary>
    public static async Task<string> VectorAsync(string name) =>
        Path.Combine((await InstallAsync("tokenizer-vectors")).Folder, name);

    /// <summary>A tokenizer whose metadata alone are in a GGUF file among the vectors.</summary>
    public static Task<Tokenizer> GgufAsync(string name) =>
        s_tokenizers.GetOrAdd(
            name,
            static async name =>
            {
                using var file = GgufFile.Open(await VectorAsync($"ggml-vocab-{name}.gguf"));
                return GgufTokenizer.Load(file);
            }
        );

    /// <summary>A tokenizer in a <c>tokenizer.json</c>.</summary>
    public static Task<Tokenizer> JsonAsync(string name) =>
        s_tokenizers.GetOrAdd(
            "tokenizer-" + name,
            static async name => TokenizerJson.Load((await InstallAsync(name)).Folder)
        );

    private static Task<InstalledModel> InstallAsync(string name) =>
        s_folders.GetOrAdd(name, static name => s_store.InstallAsync(name));
}
