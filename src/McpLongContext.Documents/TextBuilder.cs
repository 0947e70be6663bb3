using System.Text;

namespace McpLongContext.Documents;

/// <summary>Collects the text of a document line by line, with the locations of its lines.</summary>
/// <param name="budget">Bounds the length.</param>
public sealed class TextBuilder(ReadBudget budget)
{
    private readonly StringBuilder _text = new();
    private readonly List<LocationMark> _marks = [];
    private int _line = 1;
    private bool _endsBlank = true;

    /// <summary>Whether nothing was added yet.</summary>
    public bool IsEmpty => _text.Length == 0;

    /// <summary>The characters so far.</summary>
    public int Length => _text.Length;

    /// <summary>Sets the place in the file of the text that is added from here on.</summary>
    /// <param name="fragment">The place: <c>page=12</c>.</param>
    /// <param name="cuts">Whether a passage ends here.</param>
    public void Mark(string fragment, bool cuts = true)
    {
        budget.Check();
        if (cuts)
        {
            Blank();
        }

        if (_marks.Count > 0 && _marks[^1].Line == _line)
        {
            _marks.RemoveAt(_marks.Count - 1);
        }

        if (_marks.Count == 0 || _marks[^1].Fragment != fragment || cuts)
        {
            _marks.Add(new LocationMark(_line, fragment, cuts));
        }
    }

    /// <summary>Adds text of one or more lines.</summary>
    public void Add(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            AddLine(line);
        }
    }

    /// <summary>Adds text of one or more lines as a paragraph, with a blank line in front.</summary>
    public void AddParagraph(string text)
    {
        text = text.Trim('\n', '\r');
        if (!string.IsNullOrWhiteSpace(text))
        {
            Blank();
            Add(text);
        }
    }

    /// <summary>Adds a heading of Markdown.</summary>
    /// <param name="level">1 to 6; others become these.</param>
    /// <param name="text">The heading; line breaks become spaces.</param>
    public void AddHeading(int level, string text)
    {
        text = OneLine(text);
        if (text.Length > 0)
        {
            Blank();
            AddLine($"{new string('#', Math.Clamp(level, 1, 6))} {text}");
            Blank();
        }
    }

    /// <summary>Adds fenced code.</summary>
    /// <param name="language">The code's language; may be empty.</param>
    /// <param name="code">The code.</param>
    public void AddCode(string language, string code)
    {
        code = code.Trim('\n', '\r');
        if (string.IsNullOrWhiteSpace(code))
        {
            return;
        }

        Blank();
        var fence = code.Contains("```", StringComparison.Ordinal) ? "~~~~" : "```";
        AddLine(fence + OneLine(language));
        Add(code);
        AddLine(fence);
        Blank();
    }

    /// <summary>Adds a row of a table: cells between bars.</summary>
    public void AddRow(IEnumerable<string> cells) => AddLine($"| {string.Join(" | ", cells.Select(Cell))} |");

    /// <summary>Ends a paragraph: the next line stands after a blank one.</summary>
    public void Blank()
    {
        if (!_endsBlank)
        {
            AddLine("");
        }
    }

    /// <summary>Adds blank lines until the next line has a number; none when the text is there already.</summary>
    public void AdvanceTo(int line)
    {
        while (_line < line)
        {
            AddLine("");
        }
    }

    /// <summary>The text so far.</summary>
    public ExtractedText Build() => new(_text.ToString(), _marks);

    /// <summary>A text on one line, without white space in a row.</summary>
    public static string OneLine(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Cell(string text) => OneLine(text).Replace("|", "\\|", StringComparison.Ordinal);

    private void AddLine(ReadOnlySpan<char> line)
    {
        line = line.TrimEnd();
        if (_text.Length + line.Length >= ReadBudget.MaxCharacters)
        {
            throw new UnreadableDocumentException(
                $"it holds more than {ReadBudget.MaxCharacters / 1048576} million characters of text; split it"
            );
        }

        foreach (var c in line)
        {
            // Control characters of binary formats are no text; a line break within a line is none.
            _text.Append(c is '\t' || !char.IsControl(c) ? c : ' ');
        }

        _text.Append('\n');
        _endsBlank = line.IsEmpty;
        _line++;
    }
}
