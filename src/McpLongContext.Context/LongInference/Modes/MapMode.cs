using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Generation;

namespace McpLongContext.Context.LongInference.Modes;

/// <summary>
/// Gives every window to a chat model with an instruction. What the window before has covered is given apart, as
/// context: the instruction is followed for the core alone.
/// </summary>
internal sealed class MapMode : IWindowMode
{
    /// <summary>The fewest tokens of text that are worth a window.</summary>
    private const int LeastText = 16;

    /// <summary>A text that is cut out of another may have some tokens more than it had there.</summary>
    private const int Slack = 16;

    private readonly ChatTemplate _template;
    private readonly GreedyDecoder _writer;
    private readonly WindowLimits _limits;
    private readonly string _instruction;
    private readonly int _capacity;

    public MapMode(LoadedDecoder decoder, WindowLimits limits, string instruction)
    {
        _template =
            decoder.ChatTemplate
            ?? throw new ContextException(
                $"mode: map needs a chat model, and {decoder.Name} only continues texts; "
                    + "run `mcp-long-context models install tinyllama-chat`, or use another mode."
            );
        _limits = limits;
        _instruction = instruction;
        _capacity = limits.RoomBeside(Encode("-", "-").Length + Slack, LeastText, "instruction and chat format");
        OverlapTokens = WindowPlan.OverlapOf(_capacity, limits.Overlap);
        _writer = new GreedyDecoder(decoder.Model, decoder.Tokenizer);
    }

    /// <inheritdoc/>
    public int OverlapTokens { get; }

    /// <inheritdoc/>
    public WindowPlan Plan(int tokens) => new(tokens, _capacity, OverlapTokens);

    /// <inheritdoc/>
    public async Task<WindowResult> RunAsync(
        TokenText text,
        TextWindow window,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        var before = text.TextOf(window.First, window.CoreFirst - window.First);
        var core = text.TextOf(window.CoreFirst, window.CoreCount);
        var prompt = Encode(before, core);
        var room = Math.Min(_limits.MaxNewTokens, _limits.Window - prompt.Length);
        if (room < 1)
        {
            throw new ContextException(
                $"window: {_limits.Window} tokens are too few for {text.Cite(window.CoreFirst, window.CoreCount)}, "
                    + $"which takes {prompt.Length} with its instruction; raise window or lower overlap."
            );
        }

        var result = await _writer.WriteAsync(prompt, room, written, cancellation);
        return WindowResult.Of(result with { Text = result.Text.Trim() }, window.CoreCount);
    }

    public void Dispose() => _writer.Dispose();

    private int[] Encode(string before, string core)
    {
        var body = before.Length == 0 ? core : $"Context, only to understand the text:\n{before}\n\nText:\n{core}";
        return _template.Encode([new ChatMessage(ChatRole.User, $"{_instruction}\n\n{body}")]);
    }
}
