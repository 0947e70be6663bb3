namespace McpLongContext.Documents.Chats;

/// <summary>Writes the messages of a chat: <c>[time] Speaker: text</c>, each cited by its time and speaker.</summary>
/// <param name="text">Receives the messages.</param>
internal sealed class ChatLog(TextBuilder text)
{
    /// <summary>Stands for a line break in a message that must stay on one line.</summary>
    private const string LineBreak = " ⏎ ";

    private bool _isEmpty = true;

    /// <summary>Whether there was no message.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>Adds a message; one without text is left out.</summary>
    /// <param name="time">When it was sent, as the export says it.</param>
    /// <param name="speaker">Who sent it.</param>
    /// <param name="message">The message's text.</param>
    /// <param name="onOneLine">Whether it takes exactly one line.</param>
    public void Add(string time, string speaker, string message, bool onOneLine = false)
    {
        message = message.ReplaceLineEndings("\n").Trim();
        if (message.Length == 0)
        {
            return;
        }

        _isEmpty = false;
        time = TextBuilder.OneLine(time);
        speaker = Name(speaker);
        text.Mark(LocationFragment.Of($"{time} {speaker}"), cuts: false);
        text.Add($"[{time}] {speaker}: {(onOneLine ? string.Join(LineBreak, Lines(message)) : message)}");
    }

    /// <summary>A time of Unix in seconds, as UTC: <c>2024-03-01 10:15</c>; empty when it is none.</summary>
    public static string Time(string seconds) =>
        double.TryParse(seconds, System.Globalization.CultureInfo.InvariantCulture, out var value)
        && value is > 0 and < 253_402_300_799
            ? DateTimeOffset
                .FromUnixTimeSeconds((long)value)
                .ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture)
            : "";

    /// <summary>A time of ISO 8601 to the minute, in its own zone: <c>2024-03-01 10:15</c>.</summary>
    public static string IsoTime(string time) =>
        time.Length >= 16 && time[10] is 'T' or ' ' ? $"{time[..10]} {time[11..16]}" : time;

    private static IEnumerable<string> Lines(string message) =>
        message.Split('\n').Select(TextBuilder.OneLine).Where(line => line.Length > 0);

    /// <summary>A name cannot hold what ends one.</summary>
    private static string Name(string speaker)
    {
        var name = TextBuilder.OneLine(
            string.Concat(speaker.Select(c => c is ':' or '[' or ']' or '<' || char.IsControl(c) ? ' ' : c))
        );
        return name.Length == 0 ? "unknown" : name[..Math.Min(name.Length, 60)].TrimEnd();
    }
}
