using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;
using ModelContextProtocol.Client;

namespace McpLongContext.Server.Tests.Protocol;

public sealed class ToolListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("2024-11-05")]
    [InlineData("2025-03-26")]
    [InlineData("2025-06-18")]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task Every_protocol_version_sees_the_same_eight_tools(string version)
    {
        await using var session = await InMemorySession.StartAsync(_folder, version);

        var tools = await session.Client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(version, session.Client.NegotiatedProtocolVersion);
        Assert.Equal(
            [
                "expand_positional_encoding",
                "infer_long",
                "ingest_document",
                "ingest_status",
                "list_datastores",
                "query_long_context",
                "remove_document",
                "set_chunking",
            ],
            tools.Select(tool => tool.Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Every_tool_says_when_to_use_it_in_less_than_a_kilobyte_and_what_it_may_do()
    {
        foreach (var tool in await ListAsync())
        {
            Assert.InRange(Encoding.UTF8.GetByteCount(tool.Description), 100, 1023);
            Assert.Contains("Use it", tool.Description, StringComparison.OrdinalIgnoreCase);
            var annotations = tool.ProtocolTool.Annotations!;
            Assert.NotNull(annotations.Title);
            Assert.NotNull(annotations.ReadOnlyHint);
            Assert.NotNull(annotations.IdempotentHint);
            Assert.False(annotations.OpenWorldHint);
            Assert.True(annotations.ReadOnlyHint == true || annotations.DestructiveHint is not null);
        }
    }

    [Fact]
    public async Task Every_argument_has_one_type_and_a_description_and_others_are_closed_out()
    {
        foreach (var tool in await ListAsync())
        {
            var schema = tool.ProtocolTool.InputSchema;
            Assert.Equal("object", schema.GetProperty("type").GetString());
            Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
            foreach (var property in schema.GetProperty("properties").EnumerateObject())
            {
                Assert.Matches("^[a-z_]+$", property.Name);
                Assert.Equal(JsonValueKind.String, property.Value.GetProperty("type").ValueKind);
                Assert.NotEmpty(property.Value.GetProperty("description").GetString()!);
            }
        }
    }

    [Fact]
    public async Task Descriptions_and_schemas_cost_an_agent_at_most_2500_tokens()
    {
        var tokenizer = TiktokenTokenizer.CreateForModel("gpt-4o");
        var counts = (await ListAsync())
            .Select(tool => tool.ProtocolTool)
            .ToDictionary(
                tool => tool.Name,
                tool =>
                    tokenizer.CountTokens(tool.Name + "\n" + tool.Description)
                    + tokenizer.CountTokens(tool.InputSchema.GetRawText())
                    + tokenizer.CountTokens(tool.OutputSchema!.Value.GetRawText()),
                StringComparer.Ordinal
            );

        Assert.True(counts.Values.Sum() <= 2500, $"{counts.Values.Sum()}: {string.Join(", ", counts)}");
    }

    [Fact]
    public async Task Every_result_is_described_as_an_object()
    {
        foreach (var tool in await ListAsync())
        {
            Assert.Equal("object", tool.ProtocolTool.OutputSchema!.Value.GetProperty("type").GetString());
        }
    }

    [Fact]
    public async Task No_schema_has_a_list_of_types_which_some_clients_cannot_read()
    {
        foreach (var tool in await ListAsync())
        {
            AssertOneType(tool.ProtocolTool.InputSchema);
            AssertOneType(tool.ProtocolTool.OutputSchema!.Value);
        }

        static void AssertOneType(JsonElement schema)
        {
            if (schema.ValueKind == JsonValueKind.Array)
            {
                Assert.All(schema.EnumerateArray(), AssertOneType);
            }
            else if (schema.ValueKind == JsonValueKind.Object)
            {
                Assert.False(schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.Array);
                Assert.All(schema.EnumerateObject(), member => AssertOneType(member.Value));
            }
        }
    }

    [Fact]
    public async Task A_choice_of_texts_has_no_null()
    {
        foreach (var tool in await ListAsync())
        {
            AssertChoices(tool.ProtocolTool.InputSchema);
            AssertChoices(tool.ProtocolTool.OutputSchema!.Value);
        }

        static void AssertChoices(JsonElement schema)
        {
            if (schema.ValueKind == JsonValueKind.Array)
            {
                Assert.All(schema.EnumerateArray(), AssertChoices);
            }
            else if (schema.ValueKind == JsonValueKind.Object)
            {
                if (schema.TryGetProperty("enum", out var choices) && choices.ValueKind == JsonValueKind.Array)
                {
                    Assert.DoesNotContain(choices.EnumerateArray(), choice => choice.ValueKind == JsonValueKind.Null);
                }

                Assert.All(schema.EnumerateObject(), member => AssertChoices(member.Value));
            }
        }
    }

    private async Task<IList<McpClientTool>> ListAsync()
    {
        await using var session = await InMemorySession.StartAsync(_folder);
        return await session.Client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);
    }
}
