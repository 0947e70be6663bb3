using System.Text.Json;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// The schemas of a tool, as <c>Tools/Schemas/NAME.json</c> has them: a test writes that file from the two records and
/// holds it to them. Made from the records when a process starts, they would take most of its start.
/// </summary>
/// <param name="Input">The schema of the arguments.</param>
/// <param name="Output">The schema of the structured result.</param>
internal sealed record ToolSchemas(JsonElement Input, JsonElement Output)
{
    /// <summary>Reads the schemas of a tool.</summary>
    /// <param name="tool">The tool's name.</param>
    /// <exception cref="InvalidOperationException">The tool has no file.</exception>
    public static ToolSchemas Of(string tool)
    {
        using var file =
            typeof(ToolSchemas).Assembly.GetManifestResourceStream($"Schemas/{tool}.json")
            ?? throw new InvalidOperationException($"{tool} has no schemas: Tools/Schemas/{tool}.json is missing.");
        using var document = JsonDocument.Parse(file);
        return new ToolSchemas(
            document.RootElement.GetProperty("input").Clone(),
            document.RootElement.GetProperty("output").Clone()
        );
    }
}
