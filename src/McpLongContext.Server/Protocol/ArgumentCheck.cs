using System.Text.Json;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// Checks a call's arguments against the tool's input schema, so that an agent is told which argument is wrong, what
/// was found and what to send instead. The SDK itself ignores unknown arguments and hides why the others fail.
/// </summary>
internal static class ArgumentCheck
{
    private const int QuotedLength = 60;

    /// <summary>Arguments that name files, which may be written as URIs.</summary>
    private static readonly string[] s_paths = ["path", "document", "path_glob"];

    /// <summary>
    /// Returns the arguments in the types of the schema, without the optional ones that are <c>null</c> or empty, which
    /// count as left out.
    /// </summary>
    /// <exception cref="ContextException">An argument is unknown, missing, or not as the schema says.</exception>
    public static Dictionary<string, JsonElement> Apply(JsonElement schema, IDictionary<string, JsonElement>? arguments)
    {
        var properties = schema.GetProperty("properties");
        var required = schema.TryGetProperty("required", out var names)
            ? names.EnumerateArray().Select(item => item.GetString()!).ToArray()
            : [];
        var given = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, sent) in arguments ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal))
        {
            if (sent.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (!properties.TryGetProperty(name, out var property))
            {
                var known = properties.EnumerateObject().Select(known => known.Name).ToArray();
                throw new ContextException(
                    $"{Shorten(name)}: unknown argument; "
                        + (known.Length == 0 ? "this tool takes none" : $"this tool takes {string.Join(", ", known)}")
                        + "."
                );
            }

            if (!required.Contains(name) && ArgumentReading.IsAbsent(sent))
            {
                continue;
            }

            var value = ArgumentReading.Read(property, sent);
            CheckValue(name, property, value);
            given[name] = s_paths.Contains(name) ? PathOf(value) : value;
        }

        foreach (var name in required)
        {
            if (!given.ContainsKey(name))
            {
                throw new ContextException($"{name}: missing; it is required{Describe(properties, name)}.");
            }
        }

        return given;
    }

    private static JsonElement PathOf(JsonElement value) =>
        FileUri.ToPath(value.GetString()!) is var path && value.ValueEquals(path)
            ? value
            : JsonSerializer.SerializeToElement(path, ContextJson.Options);

    private static void CheckValue(string name, JsonElement schema, JsonElement value)
    {
        var expected = schema.GetProperty("type").GetString()!;
        var matches = expected switch
        {
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
            _ => value.ValueKind == JsonValueKind.Number,
        };
        if (!matches)
        {
            throw new ContextException($"{name}: expected {WithArticle(expected)}, found {Show(value)}.");
        }

        if (
            schema.TryGetProperty("enum", out var choices)
            && !choices.EnumerateArray().Any(choice => choice.ValueEquals(value.GetString()))
        )
        {
            var words = string.Join(", ", choices.EnumerateArray().Select(choice => choice.GetString()));
            throw new ContextException($"{name}: expected one of {words}, found {Show(value)}.");
        }

        if (value.ValueKind == JsonValueKind.Number)
        {
            CheckRange(name, schema, value);
        }
    }

    private static void CheckRange(string name, JsonElement schema, JsonElement value)
    {
        var number = value.GetDouble();
        var hasMinimum = schema.TryGetProperty("minimum", out var minimum);
        var hasMaximum = schema.TryGetProperty("maximum", out var maximum);
        if ((hasMinimum && number < minimum.GetDouble()) || (hasMaximum && number > maximum.GetDouble()))
        {
            var range = (hasMinimum, hasMaximum) switch
            {
                (true, true) => $"{minimum} to {maximum}",
                (true, false) => $"{minimum} or more",
                _ => $"{maximum} or less",
            };
            throw new ContextException($"{name}: expected {range}, found {Show(value)}.");
        }
    }

    private static string Describe(JsonElement properties, string name) =>
        properties.GetProperty(name).TryGetProperty("description", out var description)
            ? $" ({description.GetString()!.TrimEnd('.')})"
            : "";

    private static string WithArticle(string type) => type == "integer" ? "an integer" : $"a {type}";

    private static string Show(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => $"the string \"{Shorten(value.GetString()!)}\"",
            _ => Shorten(value.GetRawText()),
        };

    private static string Shorten(string text) => text.Length <= QuotedLength ? text : text[..QuotedLength] + "…";
}
