using McpLongContext.Context.Decoders;
using McpLongContext.Inference.Generation;

namespace McpLongContext.Context.LongInference.Modes;

/// <summary>Continues a text: one window, of as much of its end as leaves room for what is written.</summary>
internal sealed class GenerateMode(LoadedDecoder decoder, WindowLimits limits, Action<string>? wrote) : IWindowMode
{
    private readonly int _capacity = limits.RoomBeside(decoder.Begin is null ? 0 : 1, least: 1, "the model's own");
    private readonly GreedyDecoder _writer = new(decoder.Model, decoder.Tokenizer) { Wrote = wrote };

    /// <inheritdoc/>
    public int OverlapTokens => 0;

    /// <inheritdoc/>
    public WindowPlan Plan(int tokens) => WindowPlan.Tail(tokens, _capacity);

    /// <inheritdoc/>
    public async Task<WindowResult> RunAsync(
        TokenText text,
        TextWindow window,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        var tokens = text.Tokens.Slice(window.First, window.Count);
        int[] prompt = decoder.Begin is { } begin ? [begin, .. tokens] : [.. tokens];
        return WindowResult.Of(
            await _writer.WriteAsync(prompt, limits.MaxNewTokens, written, cancellation),
            window.CoreCount
        );
    }

    public void Dispose() => _writer.Dispose();
}
