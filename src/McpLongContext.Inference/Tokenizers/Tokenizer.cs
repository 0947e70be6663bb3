using System.Buffers;
using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// The tokenizer of a generative model: text to tokens by byte-pair encoding, and back. Immutable and thread-safe;
/// allocates nothing per token. Text is text: what looks like <c>&lt;|im_end|&gt;</c> in it never becomes a control or
/// added token; those are put in by whoever builds a prompt, by <see cref="TokenVocabulary.FindSpecial"/>.
/// </summary>
public abstract class Tokenizer
{
    private const int MaxStackLength = 64;

    private readonly MergeTable _merges;

    /// <summary>Whether merging its bytes gives a token again, found out when it is first asked for.</summary>
    private readonly Reached[] _reached;

    private protected Tokenizer(TokenVocabulary vocabulary, MergeTable merges, TokenizerSettings settings)
    {
        Vocabulary = vocabulary;
        Settings = settings;
        _merges = merges;
        _reached = new Reached[vocabulary.Count];
    }

    private enum Reached : byte
    {
        Unknown,
        Yes,
        No,
    }

    /// <summary>All tokens.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>The tokens with a meaning to the model, and its chat template.</summary>
    public TokenizerSettings Settings { get; }

    /// <summary>The prefix that is added to every text.</summary>
    private protected virtual ReadOnlySpan<byte> Prefix => default;

    /// <summary>The tokens of <paramref name="text"/>, without any control tokens.</summary>
    public int[] Encode(ReadOnlySpan<char> text)
    {
        var ids = new List<int>(text.Length / 4 + 8);
        Encode(text, ids);
        return [.. ids];
    }

    /// <summary>
    /// Appends the tokens of <paramref name="text"/> to <paramref name="ids"/>, without any control tokens.
    /// </summary>
    /// <param name="text">The text; unpaired surrogates count as replacement characters.</param>
    /// <param name="ids">Receives the tokens.</param>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        if (text.IsEmpty)
        {
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Prefix.Length + Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            Prefix.CopyTo(buffer);
            var length = Prefix.Length + Encoding.UTF8.GetBytes(text, buffer.AsSpan(Prefix.Length));
            EncodeBytes(buffer.AsSpan(0, length), ids);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// The tokens of a text that a model is to continue: as <see cref="Encode(ReadOnlySpan{char})"/>, after the token
    /// that begins a text where the model wants one.
    /// </summary>
    public int[] EncodePrompt(ReadOnlySpan<char> text)
    {
        var ids = new List<int>(text.Length / 4 + 8);
        if (Settings is { AddsBegin: true, Begin: { } begin })
        {
            ids.Add(begin);
        }

        Encode(text, ids);
        return [.. ids];
    }

    /// <summary>
    /// The text of a whole sequence of tokens; bytes that are no UTF-8 become replacement characters.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has not all of these tokens.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var decoder = new TokenDecoder(this, atStart: true);
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            text.Append(decoder.Append(id));
        }

        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>
    /// The bytes that a token stands for in a text. Together, those of the tokens of a text are the text in UTF-8,
    /// after <see cref="PrefixLength"/> bytes. A control token has none.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such token.</exception>
    public ReadOnlySpan<byte> BytesOf(int id)
    {
        if ((uint)id >= (uint)Vocabulary.Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(id),
                id,
                $"Expected a token from 0 to {Vocabulary.Count - 1}."
            );
        }

        return Vocabulary.KindOf(id) switch
        {
            TokenKind.Control => default,
            TokenKind.Unknown => "\uFFFD"u8,
            _ => Vocabulary.BytesOf(id),
        };
    }

    /// <summary>
    /// How many bytes of the first tokens of a text do not belong to it: 1 where a space is put before it.
    /// </summary>
    public int PrefixLength => Prefix.Length;

    /// <summary>Appends the tokens of a text in UTF-8, which may be changed for that.</summary>
    private protected abstract void EncodeBytes(Span<byte> text, List<int> ids);

    /// <summary>The tokens of the single bytes or characters of a piece, before any merge.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="symbols">Room for as many as there are bytes.</param>
    /// <returns>The number of tokens.</returns>
    private protected abstract int Spell(ReadOnlySpan<byte> piece, Span<int> symbols);

    /// <summary>Whether a token is found for a piece of its own text although merging would not lead there.</summary>
    private protected virtual bool TakesWholePieces => false;

    /// <summary>Appends the tokens of a piece that no token reaches out of.</summary>
    private protected void EncodePiece(ReadOnlySpan<byte> piece, List<int> ids)
    {
        // Most pieces are words that have a token.
        var whole = Vocabulary.Find(piece);
        if (whole != TokenVocabulary.None && (TakesWholePieces || IsReached(whole)))
        {
            ids.Add(whole);
        }
        else
        {
            Merge(piece, ids);
        }
    }

    private bool IsReached(int id)
    {
        if (_reached[id] == Reached.Unknown)
        {
            var piece = Vocabulary.BytesOf(id);
            var symbols = new int[piece.Length];
            var count = _merges.Apply(symbols.AsSpan(0, Spell(piece, symbols)));
            _reached[id] = count == 1 && symbols[0] == id ? Reached.Yes : Reached.No;
        }

        return _reached[id] == Reached.Yes;
    }

    private void Merge(ReadOnlySpan<byte> piece, List<int> ids)
    {
        if (piece.Length <= MaxStackLength)
        {
            Merge(piece, stackalloc int[MaxStackLength], ids);
            return;
        }

        var symbols = ArrayPool<int>.Shared.Rent(piece.Length);
        Merge(piece, symbols, ids);
        ArrayPool<int>.Shared.Return(symbols);
    }

    private void Merge(ReadOnlySpan<byte> piece, Span<int> symbols, List<int> ids)
    {
        var count = _merges.Apply(symbols[..Spell(piece, symbols)]);
        ids.AddRange(symbols[..count]);
    }
}
