using McpLongContext.Inference.Llama;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>The model's window, which prompt and spans share.</summary>
internal static class Window
{
    /// <summary>Throws where so many tokens leave no room for one more.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Require(LlamaConfig config, int tokens)
    {
        if (tokens >= config.ContextLength)
            throw new ArgumentException(
                $"prompt and spans have {tokens} tokens, expected less than the window of {config.ContextLength}. "
                    + "Shorten the question, or read fewer tokens.",
                nameof(tokens)
            );
    }
}
