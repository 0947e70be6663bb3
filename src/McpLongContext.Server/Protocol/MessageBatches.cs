using System.Text;
using System.Text.Json;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// JSON-RPC batches, which protocol version 2025-03-26 has and the SDK has not: the messages of a batch are taken up
/// one by one, and their answers are held back until all are there.
/// </summary>
internal sealed class MessageBatches
{
    private static readonly JsonDocumentOptions s_parsing = new() { MaxDepth = 256 };

    private readonly Lock _lock = new();
    private readonly List<Batch> _pending = [];

    /// <summary>Whether answers are held back.</summary>
    public bool HasPending
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count > 0;
            }
        }
    }

    /// <summary>Reads a line of the client.</summary>
    /// <param name="line">A message or a batch, without the end of the line.</param>
    /// <returns>The line's messages; the line itself where it is no batch.</returns>
    public IReadOnlyList<byte[]> Open(ReadOnlyMemory<byte> line)
    {
        using var document = Parse(line);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Array } batch || batch.GetArrayLength() == 0)
        {
            return [line.ToArray()];
        }

        var requests = batch
            .EnumerateArray()
            .Where(IsRequest)
            .Select(IdOf)
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        if (requests.Count > 0)
        {
            lock (_lock)
            {
                _pending.Add(new Batch(requests));
            }
        }

        return [.. batch.EnumerateArray().Select(message => Encoding.UTF8.GetBytes(message.GetRawText()))];
    }

    /// <summary>The answers that are due because a line cancels a request, which is not answered then.</summary>
    public byte[]? Cancel(ReadOnlyMemory<byte> line)
    {
        using var document = Parse(line);
        return
            document?.RootElement is { ValueKind: JsonValueKind.Object } message
            && message.TryGetProperty("method", out var method)
            && method.ValueKind == JsonValueKind.String
            && method.ValueEquals("notifications/cancelled")
            && message.TryGetProperty("params", out var parameters)
            && parameters.ValueKind == JsonValueKind.Object
            && parameters.TryGetProperty("requestId", out var id)
            ? Settle(KeyOf(id), answer: null)
            : null;
    }

    /// <summary>Takes a message of the server.</summary>
    /// <returns>The message that goes out now: the same one, a batch of answers, or nothing.</returns>
    public byte[]? Close(ReadOnlyMemory<byte> message)
    {
        using var document = HasPending ? Parse(message) : null;
        return
            document?.RootElement is { ValueKind: JsonValueKind.Object } answer
            && !answer.TryGetProperty("method", out _)
            && IdOf(answer) is { } id
            && IsHeld(id)
            ? Settle(id, message.ToArray())
            : message.ToArray();
    }

    /// <summary>Whether a message is one that the SDK answers under its id.</summary>
    private static bool IsRequest(JsonElement message) =>
        message.ValueKind == JsonValueKind.Object
        && message.TryGetProperty("jsonrpc", out var version)
        && version.ValueKind == JsonValueKind.String
        && version.ValueEquals("2.0")
        && message.TryGetProperty("method", out var method)
        && method.ValueKind == JsonValueKind.String;

    private bool IsHeld(string id)
    {
        lock (_lock)
        {
            return _pending.Exists(batch => batch.Requests.Contains(id));
        }
    }

    private byte[]? Settle(string? id, byte[]? answer)
    {
        lock (_lock)
        {
            var batch = id is null ? null : _pending.Find(batch => batch.Requests.Remove(id));
            if (batch is null)
            {
                return null;
            }

            if (answer is not null)
            {
                batch.Answers.Add(answer);
            }

            if (batch.Requests.Count > 0)
            {
                return null;
            }

            _pending.Remove(batch);
            return batch.Answers.Count == 0 ? null : [(byte)'[', .. Join(batch.Answers), (byte)']'];
        }
    }

    private static IEnumerable<byte> Join(IEnumerable<byte[]> answers) =>
        answers.SelectMany((answer, index) => index == 0 ? answer : [(byte)',', .. answer]);

    private static string? IdOf(JsonElement message) => message.TryGetProperty("id", out var id) ? KeyOf(id) : null;

    private static string? KeyOf(JsonElement id)
    {
        try
        {
            return id.ValueKind switch
            {
                JsonValueKind.String => '"' + id.GetString(),
                JsonValueKind.Number => id.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half a pair of surrogates is no text.
            return null;
        }
    }

    private static JsonDocument? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonDocument.Parse(line, s_parsing);
        }
        catch (JsonException)
        {
            // The SDK answers it.
            return null;
        }
    }

    /// <summary>A batch whose answers are not all there.</summary>
    private sealed class Batch(HashSet<string> requests)
    {
        public HashSet<string> Requests { get; } = requests;

        public List<byte[]> Answers { get; } = [];
    }
}
