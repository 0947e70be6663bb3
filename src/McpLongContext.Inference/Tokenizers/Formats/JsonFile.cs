using System.Text.Json;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>Reads JSON files whose members may be there or not.</summary>
internal static class JsonFile
{
    /// <summary>Reads a file whole.</summary>
    /// <exception cref="CheckpointException">It cannot be read or is no JSON object.</exception>
    public static JsonDocument Open(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var document = JsonDocument.Parse(stream);
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
}
