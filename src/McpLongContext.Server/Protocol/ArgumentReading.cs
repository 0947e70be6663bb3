using System.Globalization;
using System.Text.Json;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// Reads an argument as clients send it: language models write numbers as texts (<c>"1"</c>) and whole ones with a
/// fraction (<c>1.0</c>, an integer by JSON Schema), and leave optional arguments empty.
/// </summary>
internal static class ArgumentReading
{
    /// <summary>Whether an optional argument counts as left out.</summary>
    public static bool IsAbsent(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null
        || (value.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(value.GetString()));

    /// <summary>The value in the type of the schema; as it was sent where it has none of it.</summary>
    /// <param name="schema">The schema of the argument.</param>
    /// <param name="value">The value as it was sent.</param>
    public static JsonElement Read(JsonElement schema, JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()!.Trim() : null;
        return schema.GetProperty("type").GetString() switch
        {
            "integer" when NumberOf(value, text) is { } number && IsInteger(number) => Element((int)number),
            "number" when text is not null && NumberOf(value, text) is { } number => Element(number),
            "boolean" when bool.TryParse(text, out var flag) => Element(flag),
            "string" when text is not null && schema.TryGetProperty("enum", out var choices) => Choose(
                choices,
                text,
                value
            ),
            _ => value,
        };
    }

    private static double? NumberOf(JsonElement value, string? text) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble()
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : null;

    private static bool IsInteger(double number) =>
        number >= int.MinValue && number <= int.MaxValue && Math.Floor(number) == number;

    /// <summary>The choice that was meant, whatever its capitals.</summary>
    private static JsonElement Choose(JsonElement choices, string text, JsonElement value)
    {
        foreach (var choice in choices.EnumerateArray())
        {
            if (text.Equals(choice.GetString(), StringComparison.OrdinalIgnoreCase))
            {
                return choice;
            }
        }

        return value;
    }

    private static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value, ContextJson.Options);
}
