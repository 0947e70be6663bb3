using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Chat;

/// <summary>
/// The tokens that a chat model's format puts around a user's message: for prompts whose middle is not text, or too
/// long to be encoded as one.
/// </summary>
/// <param name="Before">From the beginning of the conversation to where the user speaks.</param>
/// <param name="After">From there to where the model is to speak.</param>
public sealed record ChatFrame(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>
    /// The frame of a model: that of its conversations; of one that only continues texts, the token that they begin with.
    /// </summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <exception cref="ModelException">The model's template is of no format that is known here.</exception>
    public static ChatFrame Of(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return ChatTemplate.Of(tokenizer) is { } template
            ? Of(template)
            : new ChatFrame(tokenizer.Settings is { AddsBegin: true, Begin: { } begin } ? [begin] : [], []);
    }

    /// <summary>The frame of a format: what two conversations have in common that differ in what is said.</summary>
    /// <param name="template">The format.</param>
    public static ChatFrame Of(ChatTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        var one = template.Encode([new ChatMessage(ChatRole.User, "0")]);
        var other = template.Encode([new ChatMessage(ChatRole.User, "Q")]);
        var before = one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        var after = one.Reverse().Zip(other.Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        return new ChatFrame(one[..before], one[^Math.Min(after, one.Length - before)..]);
    }
}
