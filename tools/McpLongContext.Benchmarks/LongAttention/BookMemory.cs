using McpLongContext.Inference.Tokenizers;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>
/// The first tokens of a book in memory, in windows that are encoded once; a window that something is planted in is
/// encoded again.
/// </summary>
internal sealed class BookMemory : ITokenMemory
{
    /// <summary>Tokens of a window before something is planted in it, with which it still fits an encoder's.</summary>
    private const int WindowTokens = 960;

    private readonly KeyEncoder _encoder;
    private readonly List<Window> _windows = [];
    private readonly Dictionary<int, Window> _planted = [];

    public BookMemory(KeyEncoder encoder, ReadOnlySpan<int> tokens)
    {
        _encoder = encoder;
        for (; !tokens.IsEmpty; tokens = tokens[Math.Min(WindowTokens, tokens.Length)..])
        {
            _windows.Add(Encode(tokens[..Math.Min(WindowTokens, tokens.Length)].ToArray()));
        }

        Show(int.MaxValue);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TokenMemoryText> Texts { get; private set; } = [];

    /// <summary>The tokens that are shown.</summary>
    public IReadOnlyList<int> Tokens => [.. Current().SelectMany(window => window.Tokens)];

    private int Shown { get; set; }

    /// <summary>Shows about the first so many tokens, without anything planted.</summary>
    public void Show(int tokens)
    {
        _planted.Clear();
        Shown = (int)Math.Min(_windows.Count, Math.Max(1L, tokens / WindowTokens));
        Refresh();
    }

    /// <summary>Plants a sentence, after the sentence that ends next to a place between 0 and 1 of the text.</summary>
    public void Plant(string sentence, double place, Tokenizer tokenizer)
    {
        var (number, within) = ((int)(place * Shown), (place * Shown) % 1);
        number = Math.Min(number, Shown - 1);
        var tokens = (_planted.GetValueOrDefault(number) ?? _windows[number]).Tokens;
        var at = (int)(within * tokens.Length);
        while (at < tokens.Length && !tokenizer.BytesOf(tokens[at]).SequenceEqual("."u8))
        {
            at++;
        }

        at = Math.Min(at + 1, tokens.Length);
        _planted[number] = Encode([.. tokens[..at], .. tokenizer.Encode(sentence), .. tokens[at..]]);
        Refresh();
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> ReadTokens(TokenMemorySpan span) => [.. Tokens.Skip(span.First).Take(span.Count)];

    private Window Encode(int[] tokens)
    {
        var keys = new KeyBuffer(_encoder.Layout.Shape);
        _encoder.Encode(tokens, keys);
        return new Window(tokens, keys);
    }

    private void Refresh() => Texts = [new TokenMemoryText("book", [.. Current().Select(window => window.Keys)])];

    private IEnumerable<Window> Current() =>
        Enumerable.Range(0, Shown).Select(i => _planted.GetValueOrDefault(i) ?? _windows[i]);

    private sealed record Window(int[] Tokens, KeyBuffer Keys);
}
