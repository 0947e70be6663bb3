using System.Text.Json;
using McpLongContext.Documents.Chats;
using McpLongContext.Documents.Markup;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// Microsoft Teams: the <c>messages.json</c> of an account's export, and lists of messages of the Graph interface.
/// Cited by time and speaker: <c>#2024-03-01 10:15 Alice</c>.
/// </summary>
internal sealed class TeamsFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "Teams";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Transcript;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Extension == ".json"
        && file.Head is ['{' or '[', ..]
        && (
            file.Head.Contains("\"MessageList\"", StringComparison.Ordinal)
            || (
                file.Head.Contains("\"createdDateTime\"", StringComparison.Ordinal)
                && file.Head.Contains("\"contentType\"", StringComparison.Ordinal)
                && file.Head.Contains("\"from\"", StringComparison.Ordinal)
            )
        );

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var export = JsonDocument.Parse(file.Text, new JsonDocumentOptions { MaxDepth = ReadBudget.MaxDepth });
        var root = export.RootElement;
        var log = new ChatLog(text);
        foreach (var conversation in root.Items("conversations"))
        {
            text.Blank();
            if (conversation.Text("displayName") is { Length: > 0 } name)
            {
                text.Add($"=== {TextBuilder.OneLine(name)}");
            }

            // The newest message comes first.
            foreach (var message in conversation.Items("MessageList").Reverse())
            {
                budget.Check();
                var speaker = message.Text("displayName") is { Length: > 0 } shown ? shown : message.Text("from");
                log.Add(
                    ChatLog.IsoTime(message.Text("originalarrivaltime")),
                    speaker,
                    PlainText(message.Text("content"), budget)
                );
            }
        }

        var messages = root.ValueKind == JsonValueKind.Array ? root.EnumerateArray() : root.Items("value");
        foreach (var message in messages.OrderBy(message => message.Text("createdDateTime"), StringComparer.Ordinal))
        {
            budget.Check();
            var from = message.Find("from");
            var speaker = from?.Find("user")?.Text("displayName") ?? from?.Find("application")?.Text("displayName");
            log.Add(
                ChatLog.IsoTime(message.Text("createdDateTime")),
                speaker ?? "",
                PlainText(message.Find("body")?.Text("content") ?? "", budget)
            );
        }

        return !log.IsEmpty;
    }

    private static string PlainText(string html, ReadBudget budget)
    {
        if (!html.AsSpan().ContainsAny('<', '&'))
        {
            return html;
        }

        var text = new TextBuilder(budget);
        using var page = HtmlText.Parse(html);
        new HtmlText(text, budget).Add(page.Body!);
        return text.Build().Text;
    }
}
