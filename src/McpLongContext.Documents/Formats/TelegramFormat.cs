using System.Text.Json;
using McpLongContext.Documents.Chats;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// The <c>result.json</c> that Telegram Desktop exports: one chat, or all of them. Cited by time and speaker:
/// <c>#2024-03-01 10:15 Alice</c>.
/// </summary>
internal sealed class TelegramFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "Telegram";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Transcript;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Extension == ".json"
        && file.Head.StartsWith('{')
        && file.Head.Contains("\"messages\"", StringComparison.Ordinal)
        && file.Head.Contains("\"from_id\"", StringComparison.Ordinal)
        && file.Head.Contains("\"date\"", StringComparison.Ordinal);

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var export = JsonDocument.Parse(file.Text, new JsonDocumentOptions { MaxDepth = ReadBudget.MaxDepth });
        var root = export.RootElement;
        var chats = root.Find("messages") is null ? root.Find("chats")?.Items("list") ?? [] : [root];
        var log = new ChatLog(text);
        foreach (var chat in chats)
        {
            text.Blank();
            if (chat.Text("name") is { Length: > 0 } name)
            {
                text.Add($"=== {TextBuilder.OneLine(name)}");
            }

            foreach (var message in chat.Items("messages").Where(message => message.Text("type") == "message"))
            {
                log.Add(ChatLog.IsoTime(message.Text("date")), message.Text("from"), TextOf(message) + FileOf(message));
            }
        }

        return !log.IsEmpty;
    }

    /// <summary>A text, or a row of texts and formatted texts.</summary>
    private static string TextOf(JsonElement message) =>
        message.Find("text") is { ValueKind: JsonValueKind.Array } parts
            ? string.Concat(
                parts
                    .EnumerateArray()
                    .Select(part => part.ValueKind == JsonValueKind.String ? part.AsText() : part.Text("text"))
            )
            : message.Text("text");

    private static string FileOf(JsonElement message) =>
        message.Text("file_name") is { Length: > 0 } name ? $"\n(file: {name})" : "";
}
