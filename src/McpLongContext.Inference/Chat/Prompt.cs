using System.Text;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Chat;

/// <summary>
/// A prompt that is being written: texts, and between them control tokens. Text that follows text is encoded as one;
/// nothing in it becomes a control token.
/// </summary>
internal sealed class Prompt(Tokenizer tokenizer)
{
    private readonly List<int> _tokens = [];
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _written = new();

    /// <summary>Whether the tokenizer puts a space before a text that follows a control token.</summary>
    public bool AddsSpace => tokenizer.PrefixLength > 0;

    /// <summary>The token that begins a text, where the model has one.</summary>
    public Prompt Begin() => Control(tokenizer.Settings.Begin);

    /// <summary>The token that ends a turn where the format has none of its own.</summary>
    public Prompt End() => Control(tokenizer.Settings.End);

    /// <summary>Text.</summary>
    public Prompt Text(string text)
    {
        _text.Append(text);
        _written.Append(text);
        return this;
    }

    /// <summary>A part of the format: a token of its own where the model has one, text otherwise.</summary>
    public Prompt Marker(string name)
    {
        var id = tokenizer.Vocabulary.FindSpecial(name);
        return id == TokenVocabulary.None ? Text(name) : Control(id);
    }

    /// <summary>Whether a part of the format is a token of its own.</summary>
    public bool HasToken(string name) => tokenizer.Vocabulary.FindSpecial(name) != TokenVocabulary.None;

    /// <summary>All tokens.</summary>
    public int[] ToTokens()
    {
        EncodeText();
        return [.. _tokens];
    }

    /// <summary>Texts and names of control tokens in a row.</summary>
    public override string ToString() => _written.ToString();

    private Prompt Control(int? id)
    {
        if (id is { } token)
        {
            EncodeText();
            _tokens.Add(token);
            _written.Append(Encoding.UTF8.GetString(tokenizer.Vocabulary.BytesOf(token)));
        }

        return this;
    }

    private void EncodeText()
    {
        tokenizer.Encode(_text.ToString(), _tokens);
        _text.Clear();
    }
}
