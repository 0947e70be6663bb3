namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// The tokens around the selected spans: header and prefix before them, the suffix after them.
/// All of it is in the local window always.
/// </summary>
/// <param name="Header">The beginning of a conversation: the tokens that gather attention, the sinks.</param>
/// <param name="Prefix">The introduction of the selected spans.</param>
/// <param name="Separator">The separator of two spans that are read as text.</param>
/// <param name="Suffix">The question and what belongs to it, up to where the model is to speak; one token at
/// least.</param>
public sealed record RetrievalPrompt(
    IReadOnlyList<int> Header,
    IReadOnlyList<int> Prefix,
    IReadOnlyList<int> Separator,
    IReadOnlyList<int> Suffix
)
{
    /// <summary>The tokens besides the spans.</summary>
    public int Tokens => Header.Count + Prefix.Count + Suffix.Count;

    /// <summary>The tokens after the header where no span is read as text.</summary>
    public ReadOnlyMemory<int> Local => new([.. Prefix, .. Suffix]);
}
