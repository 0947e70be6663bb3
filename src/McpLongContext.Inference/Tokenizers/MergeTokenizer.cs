using System.Buffers;
using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>A tokenizer by byte-pair encoding: pieces of a text are spelled and merged. Allocates nothing per token.</summary>
public abstract class MergeTokenizer : Tokenizer
{
    private const int MaxStackLength = 64;

    private readonly MergeTable _merges;

    /// <summary>Whether merging its bytes gives a token again, found out when it is first asked for.</summary>
    private readonly Reached[] _reached;

    private protected MergeTokenizer(TokenVocabulary vocabulary, MergeTable merges, TokenizerSettings settings)
        : base(vocabulary, settings)
    {
        _merges = merges;
        _reached = new Reached[vocabulary.Count];
    }

    private enum Reached : byte
    {
        Unknown,
        Yes,
        No,
    }

    /// <inheritdoc />
    public sealed override int PrefixLength => Prefix.Length;

    /// <summary>The prefix that is added to every text.</summary>
    private protected virtual ReadOnlySpan<byte> Prefix => default;

    /// <inheritdoc />
    public sealed override void Encode(ReadOnlySpan<char> text, List<int> ids)
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
