using System.Text.RegularExpressions;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// The text that WhatsApp exports, of iOS and Android and in any language, line by line as it stands. Cited by line,
/// with time and speaker beside it.
/// </summary>
internal sealed class WhatsAppFormat : IDocumentFormat
{
    private const int MinMessages = 3;

    /// <inheritdoc/>
    public string Name => "WhatsApp";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Transcript;

    /// <inheritdoc/>
    public bool KeepsLines => true;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file)
    {
        if (file.Extension != ".txt")
        {
            return false;
        }

        var lines = file.Head.Split('\n');
        return MessageOf(lines[0]) is not null && lines.Count(line => MessageOf(line) is not null) >= MinMessages;
    }

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        foreach (var line in file.Text.AsSpan().EnumerateLines())
        {
            if (MessageOf(line.ToString()) is { } message)
            {
                text.Mark(message, cuts: false);
            }

            text.Add(line.ToString());
        }

        return true;
    }

    /// <summary>
    /// Time and speaker of the message that a line begins; <see langword="null"/> for any other line.
    /// </summary>
    private static string? MessageOf(string line)
    {
        line = line[..Math.Min(line.Length, 200)].TrimStart('\u200E', '\u200F', '\uFEFF');
        var match = s_message.Match(line);
        return match.Success
            ? LocationFragment.Of(
                $"{match.Groups["time"].Value} {match.Groups["name"].Value.Trim('\u200E', '\u200F', ' ')}"
            )
            : null;
    }

    /// <summary>
    /// <c>[02/01/2024, 10:15:32] Alice: ...</c>, <c>02.01.24, 10:15 - Alice: ...</c>, with half days in any script.
    /// </summary>
    private static readonly Regex s_message = new(
        @"^\[?(?<time>\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?[ \u202F]\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \u202F]?[\p{L}.]{1,5}(?:[ \u202F]?[\p{L}.]{1,3})?)?)(?:\]|[ ][-\u2013])[ ]+(?<name>[^:]{1,60}):[ ]",
        RegexOptions.NonBacktracking,
        Regex.InfiniteMatchTimeout
    );
}
