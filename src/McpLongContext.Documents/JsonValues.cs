using System.Text.Json;

namespace McpLongContext.Documents;

/// <summary>Reads values of JSON that may be missing or of another type than expected.</summary>
internal static class JsonValues
{
    /// <summary>A property; <see langword="null"/> when there is none.</summary>
    public static JsonElement? Find(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    /// <summary>The text of a property; empty when there is none.</summary>
    public static string Text(this JsonElement element, string name) => element.Find(name)?.AsText() ?? "";

    /// <summary>The text of a value; empty when it is no text.</summary>
    public static string AsText(this JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            // An escaped surrogate without its other half.
            return "";
        }
    }

    /// <summary>The elements of an array property; none when it is no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Find(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];
}
