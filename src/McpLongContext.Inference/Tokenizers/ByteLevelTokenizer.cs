using McpLongContext.Inference.Tokenizers.PreTokenizers;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// Byte-level byte-pair encoding (Radford et al. 2019, GPT-2): text is cut into words by the rules of the model's
/// family, and the UTF-8 bytes of each word are merged.
/// </summary>
/// <remarks>
/// Text is encoded as it stands. The reference of the Qwen family first composes it (NFC), which this does not: tokens
/// cover the text byte by byte, so that every token can be cited. Only decomposed text has other tokens for it.
/// </remarks>
internal sealed class ByteLevelTokenizer : MergeTokenizer
{
    private readonly IPreTokenizer[] _rules;
    private readonly int[] _byteTokens;

    /// <summary>Creates the tokenizer.</summary>
    /// <param name="vocabulary">The tokens; at least every printable character of ASCII has to have one.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="rules">The rules that cut text, each within the pieces of the one before.</param>
    /// <param name="takesWholePieces">Whether a word that has a token becomes it, whatever the merges say.</param>
    /// <param name="settings">The tokens with a meaning.</param>
    public ByteLevelTokenizer(
        TokenVocabulary vocabulary,
        MergeTable merges,
        IPreTokenizer[] rules,
        bool takesWholePieces,
        TokenizerSettings settings
    )
        : base(vocabulary, merges, settings)
    {
        _rules = rules;
        TakesWholePieces = takesWholePieces;
        _byteTokens = [.. Enumerable.Range(0, 256).Select(value => vocabulary.Find([(byte)value]))];
        var missing = Array.IndexOf(_byteTokens, TokenVocabulary.None, '!', '~' - '!' + 1);
        if (missing >= 0)
        {
            throw new ArgumentException($"The vocabulary has no token for '{(char)missing}'.", nameof(vocabulary));
        }
    }

    private protected override bool TakesWholePieces { get; }

    private protected override void EncodeBytes(Span<byte> text, List<int> ids) => Cut(text, 0, ids);

    private void Cut(ReadOnlySpan<byte> text, int rule, List<int> ids)
    {
        if (rule == _rules.Length)
        {
            EncodePiece(text, ids);
            return;
        }

        while (!text.IsEmpty)
        {
            var length = _rules[rule].FirstPiece(text);
            Cut(text[..length], rule + 1, ids);
            text = text[length..];
        }
    }

    private protected override int Spell(ReadOnlySpan<byte> piece, Span<int> symbols)
    {
        var count = 0;
        foreach (var value in piece)
        {
            // Some vocabularies lack bytes that only characters not assigned yet would have: these are left out.
            if (_byteTokens[value] != TokenVocabulary.None)
            {
                symbols[count++] = _byteTokens[value];
            }
        }

        return count;
    }
}
