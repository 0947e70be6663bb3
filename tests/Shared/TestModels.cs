using McpLongContext.Inference.Models;

namespace McpLongContext.Tests.Shared;

/// <summary>
/// The models that tests run on, installed by the product's own code into the user's real model folder, once. A test
/// that cannot have its model fails.
/// </summary>
internal static class TestModels
{
    private static readonly Lazy<Task<string>> s_encoder = new(() => new ModelStore().EnsureDefaultEncoderAsync());

    private static readonly Lazy<Task<string>> s_stories = new(async () =>
    {
        var store = new ModelStore();
        return store.Find("stories15m") ?? (await store.InstallAsync("stories15m")).Folder;
    });

    /// <summary>The folder of the default encoder.</summary>
    public static Task<string> EncoderAsync() => s_encoder.Value;

    /// <summary>The folder of stories15M, a decoder of 15 million parameters.</summary>
    public static Task<string> StoriesAsync() => s_stories.Value;
}
