using System.Text.Json;
using System.Text.RegularExpressions;
using McpLongContext.Documents.Chats;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// A day of a channel, as Slack exports it. Cited by time (UTC) and speaker: <c>#2024-03-01 10:15 Alice</c>.
/// </summary>
internal sealed class SlackFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "Slack";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Transcript;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Extension == ".json"
        && file.Head.StartsWith('[')
        && file.Head.Contains("\"ts\"", StringComparison.Ordinal)
        && file.Head.Contains("\"type\"", StringComparison.Ordinal)
        && file.Head.Contains("\"text\"", StringComparison.Ordinal);

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var export = JsonDocument.Parse(file.Text, new JsonDocumentOptions { MaxDepth = ReadBudget.MaxDepth });
        var messages = export.RootElement.EnumerateArray().Where(message => message.Text("type") == "message").ToList();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var message in messages)
        {
            names.TryAdd(message.Text("user"), NameOf(message));
        }

        var log = new ChatLog(text);
        foreach (var message in messages)
        {
            var words = s_mention.Replace(
                message.Text("text"),
                match => "@" + names.GetValueOrDefault(match.Groups["id"].Value, match.Groups["id"].Value)
            );
            var files = message.Items("files").Select(item => $"(file: {item.Text("name")})");
            var quoted = message.Items("attachments").Select(item => item.Text("text"));
            log.Add(
                ChatLog.Time(message.Text("ts")),
                NameOf(message),
                Decode(string.Join('\n', [words, .. quoted, .. files]))
            );
        }

        return !log.IsEmpty;
    }

    private static string NameOf(JsonElement message)
    {
        var profile = message.Find("user_profile");
        return new[]
            {
                profile?.Text("real_name"),
                profile?.Text("display_name"),
                profile?.Text("name"),
                message.Text("username"),
                message.Text("user"),
            }.FirstOrDefault(name => !string.IsNullOrEmpty(name))
            ?? "";
    }

    /// <summary>Links lose their brackets; three characters are escaped.</summary>
    private static string Decode(string text) =>
        s_link
            .Replace(text, "${target}")
            .Replace("&lt;", "<", StringComparison.Ordinal)
            .Replace("&gt;", ">", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal);

    private static readonly Regex s_mention = new(
        @"<@(?<id>\w{1,30})(?:\|[^<>]{0,80})?>",
        RegexOptions.NonBacktracking,
        Regex.InfiniteMatchTimeout
    );

    private static readonly Regex s_link = new(
        @"<(?<target>[^<>|]{1,2000})(?:\|[^<>]{0,500})?>",
        RegexOptions.NonBacktracking,
        Regex.InfiniteMatchTimeout
    );
}
