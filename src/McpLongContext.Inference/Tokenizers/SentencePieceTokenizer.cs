using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// Byte-pair encoding over characters as SentencePiece does it (Kudo and Richardson 2018, arXiv 1808.06226), of Llama
/// 2, Mistral and TinyLlama: spaces are characters as others, a space is put before the text, and a character that the
/// vocabulary lacks is spelled in byte tokens.
/// </summary>
/// <remarks>
/// In the files the space is written as <c>▁</c> (U+2581); here tokens hold the space itself. A <c>▁</c> in a text
/// counts as a space.
/// </remarks>
internal sealed class SentencePieceTokenizer : MergeTokenizer
{
    private readonly int[] _byteTokens;
    private readonly int[] _asciiTokens;
    private readonly int _unknown;
    private readonly bool _addsSpace;
    private readonly bool _fusesUnknown;
    private readonly bool _wordsAreApart;

    /// <summary>Creates the tokenizer.</summary>
    /// <param name="vocabulary">The tokens, with spaces for <c>▁</c>.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="addsSpace">Whether a space is put before a text.</param>
    /// <param name="fusesUnknown">Whether unknown characters in a row are one token.</param>
    /// <param name="settings">The tokens with a meaning.</param>
    /// <exception cref="ArgumentException">The vocabulary has neither a token for every byte nor an unknown
    /// one.</exception>
    public SentencePieceTokenizer(
        TokenVocabulary vocabulary,
        MergeTable merges,
        bool addsSpace,
        bool fusesUnknown,
        TokenizerSettings settings
    )
        : base(vocabulary, merges, settings)
    {
        _addsSpace = addsSpace;
        _fusesUnknown = fusesUnknown;
        _byteTokens = new int[256];
        Array.Fill(_byteTokens, TokenVocabulary.None);
        _asciiTokens = [.. Enumerable.Range(0, 128).Select(value => vocabulary.Find([(byte)value]))];
        _unknown = TokenVocabulary.None;
        // A space that is unknown itself may be one token with what is unknown around it.
        _wordsAreApart = _asciiTokens[' '] != TokenVocabulary.None;
        for (var id = 0; id < vocabulary.Count; id++)
        {
            var bytes = vocabulary.BytesOf(id);
            switch (vocabulary.KindOf(id))
            {
                case TokenKind.Byte:
                    _byteTokens[bytes[0]] = id;
                    break;
                case TokenKind.Unknown:
                    _unknown = id;
                    break;
                case TokenKind.Normal:
                    _wordsAreApart &= !bytes.TrimStart((byte)' ').Contains((byte)' ');
                    break;
            }
        }

        if (_unknown == TokenVocabulary.None && _byteTokens.Contains(TokenVocabulary.None))
        {
            throw new ArgumentException(
                "The vocabulary has no tokens for all bytes and none for what is unknown.",
                nameof(vocabulary)
            );
        }
    }

    private protected override ReadOnlySpan<byte> Prefix => _addsSpace ? " "u8 : default;

    /// <summary>
    /// The merges of a vocabulary whose tokens have scores: every way to put a token together from two.
    /// </summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="scores">A score for each token; higher goes first.</param>
    public static MergeTable MergesOf(TokenVocabulary vocabulary, ReadOnlySpan<float> scores)
    {
        var ranks = new Dictionary<float, int>();
        var sorted = scores.ToArray();
        Array.Sort(sorted);
        for (var i = sorted.Length - 1; i >= 0; i--)
        {
            ranks.TryAdd(sorted[i], ranks.Count);
        }

        var merges = new List<Merge>();
        for (var id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.KindOf(id) != TokenKind.Normal)
            {
                continue;
            }

            var text = vocabulary.BytesOf(id);
            for (var cut = 1; cut < text.Length; cut++)
            {
                if ((text[cut] & 0xC0) == 0x80) // inside a character
                {
                    continue;
                }

                var left = vocabulary.Find(text[..cut]);
                var right = vocabulary.Find(text[cut..]);
                if (left != TokenVocabulary.None && right != TokenVocabulary.None)
                {
                    merges.Add(new Merge(left, right, ranks[scores[id]], id));
                }
            }
        }

        return new MergeTable(merges);
    }

    private protected override void EncodeBytes(Span<byte> text, List<int> ids)
    {
        ReadOnlySpan<byte> rest = WithSpaces(text);
        if (!_wordsAreApart)
        {
            EncodePiece(rest, ids);
            return;
        }
        // No token has a space after another character, so no merge reaches over that point.
        while (!rest.IsEmpty)
        {
            var word = rest.IndexOfAnyExcept((byte)' ');
            var length = word < 0 ? -1 : rest[word..].IndexOf((byte)' ');
            var end = length < 0 ? rest.Length : word + length;
            EncodePiece(rest[..end], ids);
            rest = rest[end..];
        }
    }

    private protected override int Spell(ReadOnlySpan<byte> piece, Span<int> symbols)
    {
        var count = 0;
        while (!piece.IsEmpty)
        {
            var length = 1;
            if (piece[0] >= 128)
            {
                _ = Rune.DecodeFromUtf8(piece, out _, out length);
            }

            var id = length == 1 ? _asciiTokens[piece[0]] : Vocabulary.Find(piece[..length]);
            if (id != TokenVocabulary.None)
            {
                symbols[count++] = id;
            }
            else if (HasBytes(piece[..length]))
            {
                foreach (var value in piece[..length])
                {
                    symbols[count++] = _byteTokens[value];
                }
            }
            else if (!_fusesUnknown || count == 0 || symbols[count - 1] != _unknown)
            {
                symbols[count++] = _unknown;
            }

            piece = piece[length..];
        }

        return count;
    }

    private bool HasBytes(ReadOnlySpan<byte> character)
    {
        foreach (var value in character)
        {
            if (_byteTokens[value] == TokenVocabulary.None)
            {
                return false;
            }
        }

        return true;
    }

    private static Span<byte> WithSpaces(Span<byte> text)
    {
        var mark = SentencePieceAlphabet.Space;
        var length = text.IndexOf(mark);
        if (length < 0)
        {
            return text;
        }

        for (var i = length; i < text.Length; )
        {
            var isMark = text[i..].StartsWith(mark);
            text[length++] = isMark ? (byte)' ' : text[i];
            i += isMark ? mark.Length : 1;
        }

        return text[..length];
    }
}
