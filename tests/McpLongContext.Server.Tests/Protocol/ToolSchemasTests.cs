using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpLongContext.Server.Protocol;
using McpLongContext.Server.Tools;

namespace McpLongContext.Server.Tests.Protocol;

public sealed class ToolSchemasTests
{
    private const string Accept = "MCP_LONG_CONTEXT_ACCEPT_SCHEMAS";

    private static readonly JsonSerializerOptions s_format = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static TheoryData<string, Type> Tools =>
        new()
        {
            { "expand_positional_encoding", typeof(ExpandPositionalEncoding) },
            { "infer_long", typeof(InferLong) },
            { "ingest_document", typeof(IngestDocument) },
            { "ingest_status", typeof(IngestStatus) },
            { "list_datastores", typeof(ListDatastores) },
            { "query_long_context", typeof(QueryLongContext) },
            { "remove_document", typeof(RemoveDocument) },
            { "set_chunking", typeof(SetChunking) },
        };

    [Fact]
    public void The_records_are_read_and_written_by_generated_code() =>
        Assert.IsType<ToolJson>(ToolJson.Options.TypeInfoResolver);

    [Theory]
    [MemberData(nameof(Tools))]
    public void The_schemas_of_a_tool_are_those_of_its_records(string name, Type tool)
    {
        var records = tool.BaseType!.GetGenericArguments();
        var expected = new JsonObject
        {
            ["input"] = RecordSchemas.Input(records[0]),
            ["output"] = RecordSchemas.Output(records[1]),
        };
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllText(FileOf(name), expected.ToJsonString(s_format) + "\n");
        }

        var written = JsonNode.Parse(File.ReadAllText(FileOf(name)));

        Assert.True(
            JsonNode.DeepEquals(expected, written),
            $"Tools/Schemas/{name}.json is not what {records[0].Name} and {records[1].Name} say. Run this test with the "
                + $"environment variable {Accept}=1, build, and commit the file."
        );
        Assert.Equal(expected["input"]!.ToJsonString(s_format), Text(ToolSchemas.Of(name).Input));
        Assert.Equal(expected["output"]!.ToJsonString(s_format), Text(ToolSchemas.Of(name).Output));
    }

    private static string Text(JsonElement schema) => JsonSerializer.Serialize(schema, s_format);

    private static string FileOf(string tool, [CallerFilePath] string here = "") =>
        Path.Combine(here, "../../../../src/McpLongContext.Server/Tools/Schemas", $"{tool}.json");
}
