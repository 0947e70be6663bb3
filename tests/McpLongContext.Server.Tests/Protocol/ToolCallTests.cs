using System.Text.Json;
using McpLongContext.Inference.Models;
using McpLongContext.Tests.Shared;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tests.Protocol;

public sealed class ToolCallTests : IAsyncLifetime
{
    private const string Story =
        "Once upon a time, there was a little girl named Lily. She loved to play outside in the park.\n"
        + "The harbour master signed the certificate of insurance at noon.\n";

    private readonly TemporaryFolder _folder = new();
    private InMemorySession? _session;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private McpClient Client => _session!.Client;

    public async ValueTask InitializeAsync()
    {
        _session = await InMemorySession.StartAsync(_folder);
        _folder.Write("work/src/Retry.cs", "class RetryPolicy\n{\n    int MaxAttempts = 7; // <generic>\n}\n");
        _folder.Write("work/notes/meeting.md", "# Budget\n\nWe agreed on 40,000 euros for the reactor.\n");
        _folder.Write("work/image.png", "\u0089PNG\r\n\0\0\0");
    }

    public async ValueTask DisposeAsync()
    {
        await _session!.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_ingested_is_found_and_cited()
    {
        var ingested = await CallAsync("ingest_document", new() { ["path"] = "." });
        var found = await CallAsync("query_long_context", new() { ["question"] = "how large is MaxAttempts?" });

        Assert.Equal(2, ingested.StructuredContent!.Value.GetProperty("added").GetInt32());
        Assert.Contains("image.png", Text(ingested), StringComparison.Ordinal);
        var first = found.StructuredContent!.Value.GetProperty("passages")[0];
        Assert.Equal("src/Retry.cs:1-4", first.GetProperty("citation").GetString());
        Assert.StartsWith("src/Retry.cs:1-4", Text(found), StringComparison.Ordinal);
        Assert.Contains("\n3\t    int MaxAttempts = 7; // <generic>\n", Text(found), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_right_after_an_ingest_that_does_not_wait_finds_what_is_ingested()
    {
        foreach (var i in Enumerable.Range(1, 60))
        {
            var lines = Enumerable.Range(1, 200).Select(line => $"Line {line} of part {i} tells of boats and tides.");
            _folder.Write($"work/parts/part{i}.txt", string.Join('\n', lines));
        }

        await CallAsync("ingest_document", new() { ["path"] = ".", ["wait_seconds"] = 0 });
        var found = await CallAsync("query_long_context", new() { ["question"] = "how large is MaxAttempts?" });

        Assert.StartsWith("src/Retry.cs:1-4", Text(found), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_is_stored_under_its_name_and_read_back_by_lines()
    {
        await CallAsync(
            "ingest_document",
            new()
            {
                ["text"] = "one\ntwo\nthree\n",
                ["name"] = "notes/count down.txt",
                ["datastore"] = "texts",
            }
        );

        var resources = await Client.ListResourcesAsync(cancellationToken: Cancellation);
        var address = Assert.Single(resources).Uri;
        var whole = await Client.ReadResourceAsync(address, cancellationToken: Cancellation);
        var lines = await Client.ReadResourceAsync(address + "?lines=2-3", cancellationToken: Cancellation);

        Assert.Equal("longcontext://texts/notes/count%20down.txt", address);
        Assert.Equal("one\ntwo\nthree\n", Text(whole));
        Assert.Equal("two\nthree", Text(lines).TrimEnd('\n'));
    }

    [Fact]
    public async Task Every_member_that_a_schema_names_is_in_the_result()
    {
        var tools = await Client.ListToolsAsync(cancellationToken: Cancellation);
        await CallAsync("ingest_document", new() { ["path"] = "." });
        await new ModelStore(new ModelStoreOptions { Folder = _folder.PathOf("home/models") }).InstallAsync(
            Path.Combine(AppContext.BaseDirectory, "tiny-bert"),
            cancellation: Cancellation
        );
        await InstallStoriesAsync();
        var calls = new Dictionary<string, Dictionary<string, object?>>(StringComparer.Ordinal)
        {
            ["ingest_document"] = new() { ["path"] = "." },
            ["query_long_context"] = new() { ["question"] = "budget of the reactor" },
            ["infer_long"] = new() { ["text"] = Story, ["window"] = 32 },
            ["ingest_status"] = [],
            ["list_datastores"] = [],
            ["set_chunking"] = new() { ["chunk_size"] = 128 },
            ["expand_positional_encoding"] = new() { ["model"] = "tiny-bert", ["new_length"] = 80 },
            ["remove_document"] = new() { ["document"] = "notes/meeting.md" },
        };
        foreach (var tool in tools)
        {
            var result = await CallAsync(tool.Name, calls[tool.Name]);

            AssertComplete(tool.ProtocolTool.OutputSchema!.Value, result.StructuredContent!.Value);
        }
    }

    [Fact]
    public async Task A_long_text_is_read_call_by_call_and_its_surprises_are_cited()
    {
        _folder.Write("work/story.txt", Story);
        await CallAsync("ingest_document", new() { ["path"] = "." });
        await InstallStoriesAsync();
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["document"] = "story.txt",
            ["window"] = 32,
            ["max_windows"] = 1,
        };

        var first = await CallAsync("infer_long", arguments);
        arguments["cursor"] = first.StructuredContent!.Value.GetProperty("next_cursor").GetString();
        var second = await CallAsync("infer_long", arguments);

        Assert.Equal("paused", first.StructuredContent!.Value.GetProperty("state").GetString());
        Assert.Equal("complete", second.StructuredContent!.Value.GetProperty("state").GetString());
        Assert.Contains("cursor", Text(first), StringComparison.Ordinal);
        var span = second.StructuredContent!.Value.GetProperty("surprising")[0];
        Assert.Contains("insurance", span.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("story.txt:", span.GetProperty("citation").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_document_is_not_found_any_more()
    {
        await CallAsync("ingest_document", new() { ["path"] = "." });

        var removed = await CallAsync("remove_document", new() { ["document"] = "notes/meeting.md" });
        var found = await CallAsync("query_long_context", new() { ["question"] = "budget of the reactor" });

        Assert.Equal("Removed 1 document from default: notes/meeting.md.", Text(removed));
        Assert.DoesNotContain("meeting.md", Text(found), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ingest_document", """{}""", "path")]
    [InlineData("ingest_document", """{"path":"nowhere"}""", "nowhere")]
    [InlineData("ingest_document", """{"path":"/etc/hostname"}""", "/etc/hostname")]
    [InlineData("ingest_document", """{"path":".","text":"x","name":"y"}""", "path, text")]
    [InlineData("ingest_document", """{"text":"x"}""", "name")]
    [InlineData("ingest_document", """{"path":".","name":"y"}""", "name")]
    [InlineData("ingest_document", """{"path":".","datastore":"../evil"}""", "../evil")]
    [InlineData("query_long_context", """{"question":"x","datastore":"nowhere"}""", "nowhere")]
    [InlineData("query_long_context", """{"question":"","datastore":"default"}""", "question")]
    [InlineData("query_long_context", """{"question":"x","answer":"always"}""", "answer")]
    [InlineData("query_long_context", """{"question":"x","cursor":"zz"}""", "cursor")]
    [InlineData("ingest_status", """{"job":"nope"}""", "nope")]
    [InlineData("remove_document", """{"document":"nope.txt"}""", "nope.txt")]
    [InlineData("set_chunking", """{"chunk_size":5}""", "chunk_size")]
    [InlineData("set_chunking", """{"chunk_size":513}""", "513")]
    [InlineData("expand_positional_encoding", """{"model":"nope","new_length":4096}""", "'nope'")]
    [InlineData("expand_positional_encoding", """{"model":"nope","new_length":-1}""", "new_length")]
    [InlineData("expand_positional_encoding", """{"model":"nope","new_length":1,"method":"fast"}""", "yarn")]
    [InlineData("list_datastores", """{"verbose":true}""", "verbose")]
    [InlineData("infer_long", """{}""", "text")]
    [InlineData("infer_long", """{"text":"x","mode":"memory"}""", "mode")]
    [InlineData("infer_long", """{"text":"x","window":-5}""", "window")]
    [InlineData("infer_long", """{"text":"x","wait_seconds":-1}""", "wait_seconds")]
    [InlineData("infer_long", """{"document":"nope.txt"}""", "nope.txt")]
    [InlineData("infer_long", """{"text":"x"}""", "models install tinyllama-chat")]
    public async Task An_error_names_the_argument_or_its_value(string tool, string arguments, string named)
    {
        await CallAsync("ingest_document", new() { ["path"] = "." });

        var result = await Client.CallToolAsync(
            tool,
            JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments)!,
            cancellationToken: Cancellation
        );

        Assert.True(result.IsError);
        Assert.Contains(named, Text(result), StringComparison.Ordinal);
        Assert.DoesNotContain("defect", Text(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompts_put_the_question_and_the_tools_together()
    {
        var prompts = await Client.ListPromptsAsync(cancellationToken: Cancellation);
        var prompt = await Client.GetPromptAsync(
            "question_transcript",
            new Dictionary<string, object?>(StringComparer.Ordinal) { ["question"] = "who?", ["path"] = "call.txt" },
            cancellationToken: Cancellation
        );

        Assert.Equal(
            ["ask_repository", "question_transcript"],
            prompts.Select(one => one.Name).Order(StringComparer.Ordinal)
        );
        var text = Assert.IsType<TextContentBlock>(Assert.Single(prompt.Messages).Content).Text;
        Assert.Contains("who?", text, StringComparison.Ordinal);
        Assert.Contains("call.txt", text, StringComparison.Ordinal);
        Assert.Contains("query_long_context", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_without_its_argument_is_refused_by_name()
    {
        var error = await Assert.ThrowsAsync<McpProtocolException>(async () =>
            await Client.GetPromptAsync("ask_repository", cancellationToken: Cancellation)
        );

        Assert.Equal(McpErrorCode.InvalidParams, error.ErrorCode);
        Assert.Contains("question: missing", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("longcontext://default/nope.txt", "nope.txt")]
    [InlineData("longcontext://nowhere/a.txt", "nowhere")]
    [InlineData("longcontext://default/src/Retry.cs?lines=900-901", "900")]
    [InlineData("file:///etc/passwd", "file:///etc/passwd")]
    public async Task A_resource_that_is_not_there_is_named(string uri, string named)
    {
        await CallAsync("ingest_document", new() { ["path"] = "." });

        var error = await Assert.ThrowsAsync<McpProtocolException>(async () =>
            await Client.ReadResourceAsync(uri, cancellationToken: Cancellation)
        );

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resources_come_in_pages()
    {
        for (var i = 0; i < 450; i++)
        {
            _folder.Write($"work/many/{i}.txt", $"Number {i}\n");
        }

        await CallAsync("ingest_document", new() { ["path"] = "many" });
        var pages = new List<int>();
        var uris = new List<string>();
        string? cursor = null;
        do
        {
            var page = await Client.ListResourcesAsync(
                new ListResourcesRequestParams { Cursor = cursor },
                Cancellation
            );
            pages.Add(page.Resources.Count);
            uris.AddRange(page.Resources.Select(resource => resource.Uri));
            cursor = page.NextCursor;
        } while (cursor is not null);

        Assert.Equal([200, 200, 50], pages);
        Assert.Equal(450, uris.Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Of the user's models, only the decoder: questions are answered without an encoder here.</summary>
    private async Task InstallStoriesAsync()
    {
        var models = Directory.CreateDirectory(_folder.PathOf("home/models"));
        var stories = await TestModels.StoriesAsync();
        Directory.CreateSymbolicLink(Path.Combine(models.FullName, Path.GetFileName(stories)), stories);
    }

    private async Task<CallToolResult> CallAsync(string tool, Dictionary<string, object?> arguments)
    {
        var result = await Client.CallToolAsync(tool, arguments, cancellationToken: Cancellation);
        Assert.True(result.IsError is not true, Text(result));
        return result;
    }

    private static string Text(CallToolResult result) => ((TextContentBlock)result.Content[0]).Text;

    private static string Text(ReadResourceResult result) => ((TextResourceContents)result.Contents[0]).Text;

    private static void AssertComplete(JsonElement schema, JsonElement value)
    {
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            Assert.True(value.TryGetProperty(property.Name, out var member), $"{property.Name} is missing.");
            var isOfType =
                !property.Value.TryGetProperty("type", out var type)
                || type.GetString() switch
                {
                    "array" => member.ValueKind == JsonValueKind.Array,
                    "object" => member.ValueKind == JsonValueKind.Object,
                    "string" => member.ValueKind == JsonValueKind.String,
                    "boolean" => member.ValueKind is JsonValueKind.True or JsonValueKind.False,
                    _ => member.ValueKind == JsonValueKind.Number,
                };
            Assert.True(isOfType, $"{property.Name} is a {member.ValueKind}.");
        }
    }
}
