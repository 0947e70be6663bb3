using McpLongContext.Inference.Tokenizers;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests;

/// <summary>The default encoder, all-MiniLM-L6-v2, as the product installs it.</summary>
public sealed class MiniLm : IAsyncLifetime
{
    public string Folder { get; private set; } = "";

    public WordPieceTokenizer Tokenizer { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Folder = await TestModels.EncoderAsync();
        Tokenizer = WordPieceTokenizer.Load(Path.Combine(Folder, "tokenizer.json"));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
