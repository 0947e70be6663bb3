using System.Runtime.InteropServices;
using System.Text;
using McpLongContext.Inference.Tokenizers.Normalizers;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// The unigram language model (Kudo, arXiv 1804.10959) as SentencePiece applies it: of all ways to cut a normalized text
/// into tokens the likeliest, found by Viterbi's algorithm. T5's family has it.
/// </summary>
internal sealed class UnigramTokenizer : Tokenizer
{
    /// <summary>How much less likely an unknown character is than the least likely token.</summary>
    private const float UnknownPenalty = 10;

    /// <summary>The sum of scores at which long texts begin anew: fp32 would have too few digits for more.</summary>
    private const float LeastSum = -4096;

    /// <summary>The longest token: the table of tokens is built by a recursion as deep.</summary>
    private const int MaxTokenBytes = 1024;

    private readonly SentencePieceNormalizer _normalizer;
    private readonly DoubleArrayTrie _trie;
    private readonly float[] _scores;
    private readonly float _unknownScore;
    private readonly int _unknown = TokenVocabulary.None;
    private readonly int[]? _byteTokens;
    private readonly bool _wordsAreApart = true;

    /// <summary>Creates the tokenizer.</summary>
    /// <param name="vocabulary">The tokens, with spaces for <c>▁</c>.</param>
    /// <param name="scores">The log-probability of each.</param>
    /// <param name="normalizer">Applied to texts first.</param>
    /// <param name="settings">The tokens with a meaning.</param>
    /// <exception cref="ArgumentException">The vocabulary has no token for what is unknown, or none for text.</exception>
    public UnigramTokenizer(
        TokenVocabulary vocabulary,
        float[] scores,
        SentencePieceNormalizer normalizer,
        TokenizerSettings settings
    )
        : base(vocabulary, settings)
    {
        (_scores, _normalizer) = (scores, normalizer);
        var bytes = new int[256];
        Array.Fill(bytes, TokenVocabulary.None);
        var pieces = new List<(ushort[] Symbols, int Value)>();
        var least = float.PositiveInfinity;
        for (var id = 0; id < vocabulary.Count; id++)
        {
            var text = vocabulary.BytesOf(id);
            switch (vocabulary.KindOf(id))
            {
                case TokenKind.Byte:
                    bytes[text[0]] = id;
                    break;
                case TokenKind.Unknown:
                    _unknown = id;
                    break;
                case TokenKind.Normal when text.Length > MaxTokenBytes:
                    throw new ArgumentException(
                        $"a token of {text.Length} bytes found, expected at most {MaxTokenBytes}.",
                        nameof(vocabulary)
                    );
                // A text that two tokens have belongs to the first.
                case TokenKind.Normal when vocabulary.Find(text) == id:
                    least = Math.Min(least, scores[id]);
                    pieces.Add((SymbolsOf(text), id));
                    _wordsAreApart &= !text[1..].Contains((byte)' ');
                    break;
            }
        }

        if (_unknown == TokenVocabulary.None || pieces.Count == 0)
        {
            throw new ArgumentException(
                $"a vocabulary of {pieces.Count} tokens of text and "
                    + (_unknown == TokenVocabulary.None ? "no unknown one" : "an unknown one")
                    + " found, expected both.",
                nameof(vocabulary)
            );
        }

        _trie = DoubleArrayTrie.Build(pieces, byte.MaxValue + 1);
        _unknownScore = least - UnknownPenalty;
        _byteTokens = bytes.Contains(TokenVocabulary.None) ? null : bytes;
    }

    /// <inheritdoc />
    public override int PrefixLength => _normalizer.AddsSpace ? 1 : 0;

    /// <inheritdoc />
    public override void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        Encode(text, ids, starts: null);
    }

    /// <inheritdoc />
    public override LocatedTokens Locate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (ids, starts) = (new List<int>(), new List<int>());
        Encode(text, ids, starts);
        if (starts.Count > 0)
        {
            starts[0] = 0;
        }

        return new LocatedTokens([.. ids], [.. starts, Encoding.UTF8.GetByteCount(text)]);
    }

    private void Encode(ReadOnlySpan<char> text, List<int> ids, List<int>? starts)
    {
        var utf8 = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, utf8);
        var (normalized, sources) = (new List<byte>(utf8.Length + 1), new List<int>(utf8.Length + 2));
        _normalizer.Normalize(utf8, normalized, sources);
        var bytes = CollectionsMarshal.AsSpan(normalized);
        var cuts = Cut(bytes);
        var isAfterUnknown = false;
        for (var i = cuts.Count - 1; i >= 0; i--)
        {
            var (start, end, id) = cuts[i];
            if (id != _unknown)
            {
                Add(id, start);
            }
            else if (_byteTokens is { } tokens)
            {
                for (var at = start; at < end; at++)
                {
                    Add(tokens[bytes[at]], at);
                }
            }
            // Unknown characters in a row are one token.
            else if (!isAfterUnknown)
            {
                Add(_unknown, start);
            }

            isAfterUnknown = id == _unknown;
        }

        void Add(int id, int at)
        {
            ids.Add(id);
            starts?.Add(sources[at]);
        }
    }

    /// <summary>The likeliest cuts of a text, last to first.</summary>
    private List<(int Start, int End, int Id)> Cut(ReadOnlySpan<byte> text)
    {
        // As in the reference, sums are kept in fp32 and compared with more digits: the rounding decides between cuts that
        // are equally likely.
        var (ids, starts, scores) = (new int[text.Length + 1], new int[text.Length + 1], new float[text.Length + 1]);
        Array.Fill(starts, -1);
        for (var start = 0; start < text.Length; )
        {
            // Before a space every text is cut, so that what came before no longer matters.
            if (_wordsAreApart && text[start] == ' ' && scores[start] < LeastSum)
            {
                scores[start] = 0;
            }

            var length = Math.Min(SentencePieceNormalizer.Utf8Length(text[start]), text.Length - start);
            var isKnown = false;
            var node = DoubleArrayTrie.Root;
            for (var end = start; end < text.Length && _trie.Step(ref node, (ushort)(text[end] + 1)); )
            {
                end++;
                if (_trie.ValueAt(node) is var id and not DoubleArrayTrie.None)
                {
                    Offer(start, end, id, _scores[id]);
                    isKnown |= end - start == length;
                }
            }

            if (!isKnown)
            {
                Offer(start, start + length, _unknown, _unknownScore);
            }

            start += length;
        }

        var cuts = new List<(int, int, int)>();
        for (var end = text.Length; end > 0; end = starts[end])
        {
            cuts.Add((starts[end], end, ids[end]));
        }

        return cuts;

        void Offer(int start, int end, int id, float score)
        {
            var total = id == _unknown ? scores[start] + score : (double)scores[start] + score;
            if (starts[end] < 0 || total > scores[end])
            {
                (ids[end], starts[end], scores[end]) = (id, start, (float)total);
            }
        }
    }

    private static ushort[] SymbolsOf(ReadOnlySpan<byte> text)
    {
        var symbols = new ushort[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            symbols[i] = (ushort)(text[i] + 1);
        }

        return symbols;
    }
}
