using System.Text.Json;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>Reads JSON files whose members may be there or not.</summary>
internal static class JsonFile
{
    /// <summary>Reads a file whole. NaN and infinities, as Python writes them, become texts.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or is no JSON object.</exception>
    public static JsonDocument Open(string path)
    {
        try
        {
            var document = Parse(File.ReadAllBytes(path));
            var kind = document.RootElement.ValueKind;
            if (kind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw new CheckpointException(path, $"{kind} found, expected an object");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CheckpointException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads what a file says.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Reads its object.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or has texts that are no Unicode.</exception>
    public static T Read<T>(string path, Func<JsonElement, T> read)
    {
        using var file = Open(path);
        try
        {
            return read(file.RootElement);
        }
        // Invalid UTF-8 and escaped lone surrogates pass the parser and fail as strings.
        catch (InvalidOperationException e)
        {
            throw new CheckpointException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A member of an object; null where it is missing or null, or where there is no object.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out var member)
        && member.ValueKind != JsonValueKind.Null
            ? member
            : null;

    /// <summary>A text, or null.</summary>
    public static string? Text(this JsonElement element, string name) => element.Member(name)?.GetString();

    /// <summary>A truth value, false where it is missing.</summary>
    public static bool Flag(this JsonElement element, string name) => element.Member(name)?.GetBoolean() ?? false;

    private static JsonDocument Parse(byte[] text)
    {
        // A byte order mark is no part of JSON, but some editors write one.
        var json = text.AsMemory(text.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException)
        {
            return JsonDocument.Parse(PythonNumbers.Quote(json.Span));
        }
    }
}
