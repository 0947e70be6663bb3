namespace McpLongContext.Context.Documents;

/// <summary>
/// The lines of a text as <c>grep -n</c>, <c>sed</c>, Git and agents' readers count them: they end with LF alone, so
/// that progress bars between carriage returns are one line. Indexes are 0-based here; passages number lines from 1.
/// </summary>
internal sealed class LineIndex
{
    private readonly int[] _starts;

    private LineIndex(string text, int[] starts, int end)
    {
        Text = text;
        _starts = starts;
        End = end;
    }

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>The offset after the last line.</summary>
    public int End { get; }

    /// <summary>The number of lines; a line break at the very end begins no further one.</summary>
    public int Count => _starts.Length;

    /// <summary>A line without its break.</summary>
    public ReadOnlySpan<char> this[int line] => Text.AsSpan(Start(line), Start(line + 1) - Start(line)).TrimEnd("\r\n");

    /// <summary>The offset of a line; that of the line after the last is the end.</summary>
    public int Start(int line) => line < _starts.Length ? _starts[line] : End;

    /// <summary>Whether a line holds white space only.</summary>
    public bool IsBlank(int line) => this[line].IsWhiteSpace();

    /// <summary>The line that an offset lies in.</summary>
    public int LineAt(int offset)
    {
        var found = Array.BinarySearch(_starts, offset);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>Indexes the first lines of a text.</summary>
    public static LineIndex Of(string text, int maxLines = int.MaxValue)
    {
        var starts = new int[Math.Min(maxLines, CountOf(text))];
        var start = 0;
        for (var line = 0; line < starts.Length; line++)
        {
            starts[line] = start;
            var length = text.AsSpan(start).IndexOf('\n');
            start = length < 0 ? text.Length : start + length + 1;
        }

        return new LineIndex(text, starts, start);
    }

    /// <summary>The number of lines of a text.</summary>
    public static int CountOf(ReadOnlySpan<char> text) => text.Count('\n') + (text is [] or [.., '\n'] ? 0 : 1);
}
