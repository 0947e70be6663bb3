namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// What a model reads besides what was selected for it, as tokens: header and prefix stand before it, the suffix behind.
/// All of it is in the local window always.
/// </summary>
/// <param name="Header">The beginning of a conversation: the tokens that gather attention, the sinks.</param>
/// <param name="Prefix">What introduces the selected spans.</param>
/// <param name="Separator">What stands between two spans that are read as text.</param>
/// <param name="Suffix">The question and what belongs to it, up to where the model is to speak; one token at least.</param>
public sealed record MemoryPrompt(
    IReadOnlyList<int> Header,
    IReadOnlyList<int> Prefix,
    IReadOnlyList<int> Separator,
    IReadOnlyList<int> Suffix
)
{
    /// <summary>The tokens besides the spans.</summary>
    public int Tokens => Header.Count + Prefix.Count + Suffix.Count;

    /// <summary>What stands behind the header where no span is read as text.</summary>
    public ReadOnlyMemory<int> Local => new([.. Prefix, .. Suffix]);
}
