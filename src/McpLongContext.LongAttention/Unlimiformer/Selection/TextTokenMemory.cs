using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>Texts that are encoded for one use and kept in RAM.</summary>
/// <param name="encoder">Encodes them; not needed afterwards.</param>
public sealed class TextTokenMemory(KeyEncoder encoder) : ITokenMemory
{
    private readonly List<int[]> _tokens = [];
    private readonly List<TokenMemoryText> _texts = [];

    /// <inheritdoc/>
    public IReadOnlyList<TokenMemoryText> Texts => _texts;

    /// <summary>Encodes a text.</summary>
    /// <param name="name">The name in citations.</param>
    /// <param name="tokens">The tokens of the text.</param>
    /// <param name="cancellation">Ends the work between blocks; the text is not added then.</param>
    public void Add(string name, int[] tokens, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var keys = new KeyBuffer(encoder.Layout.Shape);
        encoder.Encode(tokens, keys, cancellation);
        _tokens.Add(tokens);
        _texts.Add(new TokenMemoryText(name, [keys]));
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> ReadTokens(TokenMemorySpan span)
    {
        ArgumentNullException.ThrowIfNull(span);
        return _tokens[span.Text].AsSpan(span.First, span.Count).ToArray();
    }
}
