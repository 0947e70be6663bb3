using System.Net;
using System.Text.RegularExpressions;

namespace McpLongContext.Documents.Subtitles;

/// <summary>
/// Reads the cues of subtitles. Every line of the file becomes one line: words without their tags, the speaker in front
/// of them, and blank where the file has numbers, times, styles and notes of the format.
/// </summary>
internal static class CueReader
{
    /// <summary>Reads a file; false when it holds no cue.</summary>
    public static bool Read(string source, TextBuilder text)
    {
        var lines = Lines(source);
        var hasCues = false;
        var isPayload = false;
        var previous = "";
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (s_timing.Match(line) is { Success: true } timing)
            {
                hasCues = isPayload = true;
                text.Mark(
                    LocationFragment.Join($"t={Time(timing.Groups[1].Value)}", $"t={Time(timing.Groups[2].Value)}"),
                    cuts: false
                );
                text.Add("");
                continue;
            }

            isPayload &= line.Length > 0;
            var words = isPayload ? WordsOf(line) : "";
            // Captions that roll repeat each line until it has left the screen.
            text.Add(words == previous ? "" : words);
            previous = words.Length > 0 ? words : previous;
        }

        return hasCues;
    }

    /// <summary>Lines as an editor counts them: they end with LF, CRLF or CR.</summary>
    private static string[] Lines(string source) =>
        source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');

    private static string WordsOf(string line)
    {
        line = s_voice.Replace(line, "$1: ");
        return TextBuilder.OneLine(WebUtility.HtmlDecode(s_tag.Replace(line, "")));
    }

    /// <summary>A time with hours and without what is less than a second: <c>00:12:03</c>.</summary>
    private static string Time(string time)
    {
        time = time.Split('.', ',')[0];
        return time.Count(c => c == ':') == 1 ? "00:" + time : time.PadLeft(8, '0');
    }

    private static readonly Regex s_timing = Once(
        @"^((?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?)\s*-->\s*((?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?)"
    );

    private static readonly Regex s_voice = Once(@"<v(?:\.[^\s>]+)?\s+([^<>:]{1,60})>");

    private static readonly Regex s_tag = Once(@"</?[A-Za-z0-9][^<>]{0,200}>|\{\\[^{}]{0,40}\}");

    private static Regex Once(string pattern) => new(pattern, RegexOptions.NonBacktracking, Regex.InfiniteMatchTimeout);
}
