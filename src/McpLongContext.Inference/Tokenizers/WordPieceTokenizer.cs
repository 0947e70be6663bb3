using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// BERT's WordPiece tokenizer: text is normalized and cut into words, and each word into the longest pieces of the
/// vocabulary, from left to right (Devlin et al. 2019, arXiv 1810.04805). Immutable and thread-safe; allocates nothing
/// per word. Text is text: what looks like <c>[SEP]</c> in it does not become a special token.
/// </summary>
public sealed class WordPieceTokenizer
{
    /// <summary>The file that holds the tokenizer in a model's folder.</summary>
    public const string FileName = "tokenizer.json";

    /// <summary>Entries of <see cref="_characters"/> from here on are no plain letters.</summary>
    private const ushort FirstMark = 0xF000;
    private const ushort Separator = 0xF000;
    private const ushort Dropped = 0xF001;

    /// <summary>A surrogate, or a character that becomes several or stands alone.</summary>
    private const ushort Special = 0xF002;

    /// <summary>The symbol of a character that no piece contains.</summary>
    private const ushort UnknownSymbol = 0;

    private readonly WordPieceSettings _settings;
    private readonly BertNormalizer _normalizer;
    private readonly Dictionary<int, ushort> _symbols;
    private readonly DoubleArrayTrie _wordStarts;
    private readonly DoubleArrayTrie _continuations;
    private readonly bool[] _isPunctuation;

    /// <summary>The mapping of each UTF-16 unit: the symbol of a letter, or a mark.</summary>
    private readonly ushort[] _characters = new ushort[char.MaxValue + 1];

    /// <summary>For the isolated characters of ASCII, the commonest special ones: the token; -1 otherwise.</summary>
    private readonly int[] _asciiTokens = new int[128];

    internal WordPieceTokenizer(WordPieceSettings settings)
    {
        _settings = settings;
        _normalizer = settings.Normalizer;
        _symbols = settings.Alphabet;

        var prefix = settings.ContinuationPrefix;
        var pieces = settings.Pieces.Select((text, id) => (Text: text, Id: id)).ToLookup(p => Continues(p.Text));
        _wordStarts = BuildTrie(pieces[false]);
        _continuations = BuildTrie(pieces[true].Select(p => (p.Text[prefix.Length..], p.Id)));
        _isPunctuation = Array.ConvertAll(settings.Pieces, IsPunctuationPiece);
        FillCharacters();
    }

    /// <summary>Number of tokens in the vocabulary; ids run from 0.</summary>
    public int VocabularySize => _settings.Pieces.Length;

    /// <summary>The token that begins a sequence.</summary>
    public int ClsId => _settings.ClsId;

    /// <summary>The token that ends a sequence.</summary>
    public int SepId => _settings.SepId;

    /// <summary>The token of a word that the vocabulary cannot spell.</summary>
    public int UnknownId => _settings.UnknownId;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">A <c>tokenizer.json</c> of a BERT model; its truncation and padding are not applied.</param>
    /// <exception cref="Checkpoints.CheckpointException">
    /// The file cannot be read or describes another kind of tokenizer.
    /// </exception>
    public static WordPieceTokenizer Load(string path) => new(WordPieceSettings.Load(path));

    /// <summary>The tokens of <paramref name="text"/>, without special ones.</summary>
    public int[] Tokenize(ReadOnlySpan<char> text)
    {
        var ids = new List<int>(text.Length / 3 + 1);
        Tokenize(text, ids);
        return [.. ids];
    }

    /// <summary>
    /// Appends the tokens of <paramref name="text"/> to <paramref name="ids"/>, without special ones.
    /// </summary>
    /// <param name="text">The text; unpaired surrogates count as replacement characters.</param>
    /// <param name="ids">Receives the tokens.</param>
    public void Tokenize(ReadOnlySpan<char> text, List<int> ids)
    {
        var word = new Word(stackalloc ushort[WordPieceSettings.LongestWordLimit], _settings.MaxWordLength);
        for (var i = 0; i < text.Length; i++)
        {
            var entry = _characters[text[i]];
            if (entry < FirstMark)
            {
                word.Add(entry);
            }
            else if (entry == Separator)
            {
                EndWord(ref word, ids);
            }
            else if (entry == Special)
            {
                if (text[i] < 128)
                {
                    EndWord(ref word, ids);
                    ids.Add(_asciiTokens[text[i]]);
                    continue;
                }

                _ = Rune.DecodeFromUtf16(text[i..], out var rune, out var consumed);
                AddSpecial(rune.Value, ref word, ids);
                i += consumed - 1;
            }
        }

        EndWord(ref word, ids);
    }

    /// <summary>The text of a token, with the prefix <c>##</c> when it continues a word.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such token.</exception>
    public string TokenText(int id)
    {
        CheckId(id);
        return _settings.Pieces[id];
    }

    /// <summary>Whether a token consists of punctuation only and so carries no content.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such token.</exception>
    public bool IsPunctuation(int id)
    {
        CheckId(id);
        return _isPunctuation[id];
    }

    private void AddSpecial(int codePoint, ref Word word, List<int> ids)
    {
        Span<int> normalized = stackalloc int[BertNormalizer.MaxExpansion];
        var count = _normalizer.Normalize(codePoint, normalized);
        for (var i = 0; i < count; i++)
        {
            var role = _normalizer.RoleOf(codePoint, normalized[i]);
            if (role != CharacterRole.Letter)
            {
                EndWord(ref word, ids);
            }

            if (role != CharacterRole.Separator)
            {
                word.Add(_symbols.GetValueOrDefault(normalized[i], UnknownSymbol));
            }

            if (role == CharacterRole.Isolated)
            {
                EndWord(ref word, ids);
            }
        }
    }

    private void EndWord(ref Word word, List<int> ids)
    {
        if (word.IsEmpty)
        {
            return;
        }

        if (word.IsTooLong || !TryAddPieces(word.Symbols, ids))
        {
            ids.Add(_settings.UnknownId);
        }

        word.Clear();
    }

    private bool TryAddPieces(ReadOnlySpan<ushort> word, List<int> ids)
    {
        var before = ids.Count;
        var pieces = _wordStarts;
        while (!word.IsEmpty)
        {
            var id = pieces.LongestPrefix(word, out var length);
            if (id == DoubleArrayTrie.None)
            {
                CollectionsMarshal.SetCount(ids, before);
                return false;
            }

            ids.Add(id);
            word = word[length..];
            pieces = _continuations;
        }

        return true;
    }

    private DoubleArrayTrie BuildTrie(IEnumerable<(string Text, int Id)> pieces) =>
        DoubleArrayTrie.Build(
            pieces
                .Select(p => (Symbols: p.Text.EnumerateRunes().Select(r => _symbols[r.Value]).ToArray(), p.Id))
                .Where(p => p.Symbols.Length > 0 && p.Symbols.Length <= _settings.MaxWordLength),
            maxSymbol: _symbols.Count
        );

    private bool Continues(string piece) => piece.StartsWith(_settings.ContinuationPrefix, StringComparison.Ordinal);

    private bool IsPunctuationPiece(string piece)
    {
        var text = Continues(piece) ? piece[_settings.ContinuationPrefix.Length..] : piece;
        return text.EnumerateRunes().All(r => UnicodeProperties.Instance.IsPunctuation(r.Value));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // runs once, for long, when a model is loaded
    private void FillCharacters()
    {
        Span<int> normalized = stackalloc int[BertNormalizer.MaxExpansion];
        for (var c = 0; c <= char.MaxValue; c++)
        {
            if (char.IsSurrogate((char)c))
            {
                _characters[c] = Special;
                continue;
            }

            var count = _normalizer.Normalize(c, normalized);
            _characters[c] = count switch
            {
                0 => Dropped,
                1 => _normalizer.RoleOf(c, normalized[0]) switch
                {
                    CharacterRole.Letter => _symbols.GetValueOrDefault(normalized[0], UnknownSymbol),
                    CharacterRole.Separator => Separator,
                    _ => Special,
                },
                _ => Special,
            };
            if (c < _asciiTokens.Length && _characters[c] == Special)
            {
                _asciiTokens[c] = IsolatedToken(c);
            }
        }
    }

    private int IsolatedToken(int codePoint)
    {
        var ids = new List<int>();
        var word = new Word(stackalloc ushort[1], maxLength: 1);
        AddSpecial(codePoint, ref word, ids);
        return ids[0];
    }

    private void CheckId(int id)
    {
        if ((uint)id >= (uint)VocabularySize)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"Expected a token from 0 to {VocabularySize - 1}.");
        }
    }

    /// <summary>The symbols of the word that is being read.</summary>
    private ref struct Word(Span<ushort> buffer, int maxLength)
    {
        private readonly Span<ushort> _buffer = buffer;
        private readonly int _maxLength = maxLength;
        private int _length;

        public readonly bool IsEmpty => _length == 0;

        public readonly bool IsTooLong => _length > _maxLength;

        public readonly ReadOnlySpan<ushort> Symbols => _buffer[.._length];

        public void Add(ushort symbol)
        {
            if (_length < _maxLength)
            {
                _buffer[_length++] = symbol;
            }
            else
            {
                _length = _maxLength + 1;
            }
        }

        public void Clear() => _length = 0;
    }
}
