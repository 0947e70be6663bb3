using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Packs blocks of text (paragraphs, list items, turns) into passages: short neighbors together, longer ones alone,
/// overlong ones cut at the ends of lines or sentences.
/// </summary>
internal sealed class TextPacker(LineIndex lines, PassageBuilder passages)
{
    /// <summary>Neighbors are joined up to this many words.</summary>
    private const int MaxJoinedWords = 120;

    /// <summary>One paragraph stays whole up to this many words.</summary>
    private const int MaxWholeWords = 200;

    /// <summary>From this many words on, a piece of an overlong paragraph ends with its sentence.</summary>
    private const int MinPieceWords = 80;

    private const int MinLastPieceWords = 20;

    private int _words;
    private int _heading = -1;
    private bool _isOpen;

    /// <summary>
    /// The next block begins a passage, which includes this heading; headings in a row stay together.
    /// </summary>
    public void AddHeading(int line)
    {
        _heading = _heading < 0 ? line : _heading;
        _isOpen = false;
    }

    /// <summary>The next block begins a passage.</summary>
    public void Break() => _isOpen = false;

    /// <summary>Adds the block of lines [first, end).</summary>
    public void AddBlock(int first, int end, string context)
    {
        var words = CountWords(first, end);
        if (_isOpen && _words + words <= MaxJoinedWords)
        {
            _words += words;
        }
        else if (words <= MaxWholeWords)
        {
            Begin(first, words, context);
        }
        else
        {
            AddOverlong(first, end, context);
        }
    }

    /// <summary>Ends the document: headings with nothing beneath them.</summary>
    public void Finish(string context)
    {
        if (_heading >= 0)
        {
            Begin(_heading, 0, context);
        }
    }

    private void AddOverlong(int first, int end, string context)
    {
        _isOpen = false;
        for (var line = first; line < end; line++)
        {
            var words = Sentences.CountWords(lines[line]);
            if (words > MaxWholeWords)
            {
                AddOverlongLine(line, context);
            }
            else if (!_isOpen || _words + words > MaxJoinedWords || (_words >= MinPieceWords && EndsSentence(line - 1)))
            {
                Begin(line, words, context);
            }
            else
            {
                _words += words;
            }
        }
    }

    private void AddOverlongLine(int line, string context)
    {
        Begin(line, 0, context);
        var text = lines[line];
        var remaining = Sentences.CountWords(text);
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (!Sentences.IsEnd(text, i))
            {
                continue;
            }

            var sentence = Sentences.CountWords(text[start..i]);
            start = i;
            _words += sentence;
            remaining -= sentence;
            if (_words >= MinPieceWords && remaining >= MinLastPieceWords)
            {
                passages.BeginAt(lines.Start(line) + i, context);
                _words = 0;
            }
        }

        _isOpen = false;
    }

    private void Begin(int line, int words, string context)
    {
        passages.Begin(_heading >= 0 ? _heading : line, context);
        _heading = -1;
        _words = words;
        _isOpen = true;
    }

    private int CountWords(int first, int end)
    {
        var words = 0;
        for (var line = first; line < end; line++)
        {
            words += Sentences.CountWords(lines[line]);
        }

        return words;
    }

    private bool EndsSentence(int line) =>
        lines[line].TrimEnd() is [.., '.' or '!' or '?' or '"' or '”' or ':' or '。'];
}
