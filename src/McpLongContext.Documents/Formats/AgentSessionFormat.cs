using System.Text.Json;
using McpLongContext.Documents.Chats;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// Sessions of coding agents, a JSON object a line, as Claude Code and Codex keep them: what the user and the model
/// said, tool calls and their results. Every line of the file is one line. Cited by line, with time and speaker beside
/// it.
/// </summary>
internal sealed class AgentSessionFormat : IDocumentFormat
{
    /// <summary>Of a longer message the beginning is kept: results of tools are files that lie elsewhere.</summary>
    private const int MaxMessage = 20_000;

    /// <inheritdoc/>
    public string Name => "Agent session";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Transcript;

    /// <inheritdoc/>
    public bool KeepsLines => true;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Extension is ".jsonl" or ".ndjson"
        && file.Head.StartsWith('{')
        && file.Head.Contains("\"type\"", StringComparison.Ordinal)
        && file.Head.Contains("\"role\"", StringComparison.Ordinal)
        && file.Head.Contains("\"content\"", StringComparison.Ordinal)
        && (
            file.Head.Contains("\"message\"", StringComparison.Ordinal)
            || file.Head.Contains("\"payload\"", StringComparison.Ordinal)
        );

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        var log = new ChatLog(text);
        var number = 0;
        foreach (var line in file.Text.Split('\n'))
        {
            budget.Check();
            text.AdvanceTo(++number);
            AddLine(line, log);
        }

        return !log.IsEmpty;
    }

    private static void AddLine(string line, ChatLog log)
    {
        try
        {
            using var entry = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = ReadBudget.MaxDepth });
            var root = entry.RootElement;
            var message = root.Find("message") ?? root.Find("payload") ?? root;
            var words = string.Join('\n', PartsOf(message));
            var speaker = message.Text("role") is { Length: > 0 } role ? role : message.Text("type");
            log.Add(
                ChatLog.IsoTime(root.Text("timestamp")),
                speaker,
                words.Length > MaxMessage ? words[..MaxMessage] + " (cut)" : words,
                onOneLine: true
            );
        }
        catch (JsonException)
        {
            // The last line of a session that is being written, or one that was cut.
        }
    }

    private static IEnumerable<string> PartsOf(JsonElement message)
    {
        if (message.Find("content") is not { ValueKind: JsonValueKind.Array })
        {
            yield return message.Text("content") + message.Text("output");
        }

        foreach (var part in message.Items("content"))
        {
            switch (part.Text("type"))
            {
                case "tool_use":
                    yield return $"{part.Text("name")} {part.Find("input")?.GetRawText()}";
                    break;
                case "tool_result":
                    yield return string.Join('\n', PartsOf(part));
                    break;
                default:
                    yield return part.Text("text");
                    break;
            }
        }

        if (message.Text("type") is "function_call" or "custom_tool_call")
        {
            yield return $"{message.Text("name")} {message.Text("arguments")}{message.Text("input")}";
        }
    }
}
