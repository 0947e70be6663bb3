using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>Texts that are encoded for one use and kept in memory.</summary>
/// <param name="encoder">Encodes them; not needed afterwards.</param>
public sealed class TextMemory(KeyEncoder encoder) : ITokenMemory
{
    private readonly List<int[]> _tokens = [];
    private readonly List<MemoryText> _texts = [];

    /// <inheritdoc/>
    public IReadOnlyList<MemoryText> Texts => _texts;

    /// <summary>Encodes a text.</summary>
    /// <param name="name">What citations call it.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="cancellation">Ends the work between blocks; the text is not added then.</param>
    public void Add(string name, int[] tokens, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var keys = new KeyBuffer(encoder.Layout.Shape);
        encoder.Encode(tokens, keys, cancellation);
        _tokens.Add(tokens);
        _texts.Add(new MemoryText(name, [keys]));
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> ReadTokens(MemorySpan span)
    {
        ArgumentNullException.ThrowIfNull(span);
        return _tokens[span.Text].AsSpan(span.First, span.Count).ToArray();
    }
}
