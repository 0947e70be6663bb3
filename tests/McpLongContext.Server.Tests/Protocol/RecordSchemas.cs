using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.AI;

namespace McpLongContext.Server.Tests.Protocol;

/// <summary>The schemas of a tool's records: what <c>Tools/Schemas</c> has to say of them.</summary>
internal static class RecordSchemas
{
    // The attributes of the records' members are found by reflection only.
    private static readonly JsonSerializerOptions s_options = new(ContextJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>
    /// The schema of the arguments. Optional ones are left out or given; that they may also be null is our leniency, and
    /// no client is told to send it: some reject type lists in an input schema.
    /// </summary>
    public static JsonObject Input(Type arguments)
    {
        var schema = AIJsonUtilities.CreateJsonSchema(
            arguments,
            serializerOptions: s_options,
            inferenceOptions: new()
            {
                IncludeSchemaKeyword = false,
                TransformSchemaNode = static (_, node) => WithoutNull(node),
            }
        );
        var strict = JsonObject.Create(schema)!;
        strict.TryAdd("properties", new JsonObject());
        strict["additionalProperties"] = false;
        return strict;
    }

    /// <summary>
    /// The schema of the result. Every agent pays for it in every session, and reads the text of a result: it names the
    /// members that every result has, and their types, without those inside them.
    /// </summary>
    public static JsonObject Output(Type result)
    {
        var schema = AIJsonUtilities.CreateJsonSchema(
            result,
            serializerOptions: s_options,
            inferenceOptions: new() { IncludeSchemaKeyword = false }
        );
        var required = schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).ToArray();
        var members = required.Select(name => KeyValuePair.Create<string, JsonNode?>(name, OutlineOf(schema, name)));
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(members),
            ["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]),
        };
    }

    // A member that may be null has no type, because some clients read one type a schema only.
    private static JsonObject OutlineOf(JsonElement schema, string member) =>
        schema.GetProperty("properties").GetProperty(member).TryGetProperty("type", out var type)
        && type.ValueKind == JsonValueKind.String
            ? new JsonObject { ["type"] = type.GetString() }
            : [];

    // A schema of one type has no choice of another.
    private static void RemoveNullChoice(JsonObject schema)
    {
        if (schema["enum"] is JsonArray choices)
        {
            schema["enum"] = new JsonArray([
                .. choices.Where(choice => choice is not null).Select(choice => choice!.DeepClone()),
            ]);
        }
    }

    private static JsonNode WithoutNull(JsonNode node)
    {
        if (node is JsonObject schema)
        {
            if (schema["type"] is JsonArray types)
            {
                schema["type"] = types.Select(type => type!.GetValue<string>()).Single(type => type != "null");
                RemoveNullChoice(schema);
            }

            if (schema.TryGetPropertyValue("default", out var value) && value is null)
            {
                schema.Remove("default");
            }

            // The most that the type can hold is no limit to tell.
            if (schema["maximum"]?.ToJsonString() == int.MaxValue.ToString(CultureInfo.InvariantCulture))
            {
                schema.Remove("maximum");
            }
        }

        return node;
    }
}
