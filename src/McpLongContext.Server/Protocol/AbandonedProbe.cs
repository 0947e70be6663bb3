using System.Text.Json;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// A client that speaks both eras of the protocol asks for <c>server/discover</c> first and begins anew with
/// <c>initialize</c> when it waited too long, 5 seconds in the SDKs. The server's SDK refuses that, because the first
/// question has settled the version: a server that starts slowly on a busy machine could never be connected.
/// </summary>
internal static class AbandonedProbe
{
    private const byte EndOfLine = (byte)'\n';

    /// <summary>
    /// Removes a question that its client has given up before anybody read it; returns the new length.
    /// </summary>
    /// <param name="bytes">The bytes that were ready when the stream was first read.</param>
    public static int Remove(Span<byte> bytes)
    {
        for (var start = 0; bytes[start..].IndexOf(EndOfLine) is >= 0 and var length; start += length + 1)
        {
            switch (MethodOf(bytes.Slice(start, length)))
            {
                case "server/discover" or "notifications/cancelled":
                    continue;
                case "initialize":
                    bytes[start..].CopyTo(bytes);
                    return bytes.Length - start;
                default:
                    return bytes.Length;
            }
        }

        return bytes.Length;
    }

    private static string? MethodOf(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        try
        {
            return
                JsonElement.TryParseValue(ref reader, out var message)
                && message is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("method", out var method)
                && method.ValueKind == JsonValueKind.String
                ? method.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or a name that is no text (half a surrogate pair, say): the SDK answers it.
            return null;
        }
    }
}
