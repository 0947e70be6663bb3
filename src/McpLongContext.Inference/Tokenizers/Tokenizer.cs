using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// The tokenizer of a generative model: text to tokens, and back. Immutable and thread-safe. Text is text: what looks like <c>&lt;|im_end|&gt;</c> in it never becomes a control or
/// added token; those are put in by whoever builds a prompt, by <see cref="TokenVocabulary.FindSpecial"/>.
/// </summary>
public abstract class Tokenizer
{
    private protected Tokenizer(TokenVocabulary vocabulary, TokenizerSettings settings)
    {
        Vocabulary = vocabulary;
        Settings = settings;
    }

    /// <summary>All tokens.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>The tokens with a meaning to the model, and its chat template.</summary>
    public TokenizerSettings Settings { get; }

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
    public abstract void Encode(ReadOnlySpan<char> text, List<int> ids);

    /// <summary>The tokens of a text, without any control tokens, and where in the text each begins.</summary>
    /// <param name="text">The text.</param>
    public virtual LocatedTokens Locate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = Encode(text);
        var length = Encoding.UTF8.GetByteCount(text);
        var starts = new int[ids.Length + 1];
        var at = -PrefixLength;
        for (var i = 0; i < ids.Length; i++)
        {
            at += BytesOf(ids[i]).Length;
            starts[i + 1] = Math.Clamp(at, 0, length);
        }

        return new LocatedTokens(ids, starts);
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
    /// The bytes that a token stands for in a text. Together, those of the tokens of a text are the text in UTF-8, after
    /// <see cref="PrefixLength"/> bytes, as far as the tokenizer does not normalize texts. A control token has none.
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
    public virtual int PrefixLength => 0;
}
