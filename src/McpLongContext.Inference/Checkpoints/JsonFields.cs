using System.Text.Json;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>
/// The fields of a configuration in JSON, which knows those that were read: what nobody reads must not be ignored in
/// silence. Null counts as missing; an integer may be written as 512.0.
/// </summary>
/// <param name="path">The file, for messages.</param>
/// <param name="element">The object.</param>
/// <param name="prefix">The beginning of this object's names in messages.</param>
internal sealed class JsonFields(string path, JsonElement element, string prefix = "")
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>The fields that are there, not null, and were not read.</summary>
    public IEnumerable<(string Name, JsonElement Value)> Unread =>
        (element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : [])
            .Where(member => member.Value.ValueKind != JsonValueKind.Null && !_read.Contains(member.Name))
            .Select(member => (prefix + member.Name, member.Value));

    /// <summary>Whether a field is written, be it as null.</summary>
    public bool IsWritten(string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out _);

    /// <summary>An integer.</summary>
    /// <exception cref="CheckpointException">The field is no integer, or not within 32 bits.</exception>
    public int? Integer(string name)
    {
        if (Find(name) is not { } field)
        {
            return null;
        }

        var isInteger =
            field.ValueKind == JsonValueKind.Number
            && field.TryGetDouble(out var number)
            && Math.Floor(number) == number
            && Math.Abs(number) <= int.MaxValue;
        return isInteger ? (int)field.GetDouble() : throw Wrong(name, field, "an integer");
    }

    /// <summary>A number.</summary>
    /// <exception cref="CheckpointException">The field is no number.</exception>
    public double? Number(string name) =>
        Find(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } field when double.IsFinite(field.GetDouble()) => field.GetDouble(),
            { } field => throw Wrong(name, field, "a number"),
        };

    /// <summary>A truth value.</summary>
    /// <exception cref="CheckpointException">The field is no truth value.</exception>
    public bool? Flag(string name) =>
        Find(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            { } field => throw Wrong(name, field, "true or false"),
        };

    /// <summary>A text.</summary>
    /// <exception cref="CheckpointException">The field is no text.</exception>
    public string? Text(string name) =>
        Find(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } field => field.GetString(),
            { } field => throw Wrong(name, field, "a text"),
        };

    /// <summary>A list of texts.</summary>
    /// <exception cref="CheckpointException">The field is no list of texts.</exception>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (Find(name) is not { } field)
        {
            return null;
        }

        var isList =
            field.ValueKind == JsonValueKind.Array
            && field.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String);
        return isList
            ? [.. field.EnumerateArray().Select(item => item.GetString()!)]
            : throw Wrong(name, field, "a list of texts");
    }

    /// <summary>An object; null also where it is empty.</summary>
    /// <exception cref="CheckpointException">The field is no object.</exception>
    public JsonFields? Object(string name) =>
        Find(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Object } field => field.EnumerateObject().Any()
                ? new JsonFields(path, field, $"{prefix}{name}.")
                : null,
            { } field => throw Wrong(name, field, "an object"),
        };

    /// <summary>Takes a field as read whose value may be anything; null where it is missing.</summary>
    public JsonElement? Find(string name)
    {
        _read.Add(name);
        return element.Member(name);
    }

    /// <summary>The error for a field with a wrong value.</summary>
    /// <param name="name">The field.</param>
    /// <param name="expected">A right value, and what helps.</param>
    public CheckpointException Wrong(string name, string expected) =>
        Wrong(name, element.Member(name) ?? default, expected);

    /// <summary>A value for messages, cut where it is long.</summary>
    public static string Excerpt(JsonElement value)
    {
        const int MaxLength = 60;
        var text =
            value.ValueKind == JsonValueKind.Undefined ? "nothing"
            : value.ValueKind == JsonValueKind.String ? value.GetString()!
            : value.GetRawText();
        return text.Length <= MaxLength ? text : text[..MaxLength] + "...";
    }

    private CheckpointException Wrong(string name, JsonElement found, string expected) =>
        new(path, $"{prefix}{name}: {Excerpt(found)} found, expected {expected}");
}
