using System.Net;
using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Server.Http;
using McpLongContext.Server.Protocol;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tests.Http;

public sealed class TokenScopeTests : IDisposable
{
    private const string Writer = "d3JpdGVyLW9mLXRoZS10ZXN0cw==";
    private const string Reader = "cmVhZGVyLW9mLXRoZS10ZXN0cw==";
    private const string Keeper = "a2VlcGVyLW9mLXRoZS10ZXN0cw==";
    private const string Stranger = "c3RyYW5nZXItb2YtdGhlLXRlc3Rz";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_token_sees_and_calls_the_tools_of_its_scopes_only()
    {
        await using var server = await StartAsync();
        await using var reader = await server.ConnectAsync(token: Reader);
        var tools = await reader.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(
            ["infer_long", "ingest_status", "list_datastores", "query_long_context"],
            tools.Select(tool => tool.Name).Order(StringComparer.Ordinal)
        );
        var refused = await CallAsync(reader, "ingest_document", new() { ["text"] = "x", ["name"] = "x.txt" });
        Assert.True(refused.IsError);
        Assert.Contains("scope ingest", TextOf(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_reaches_its_datastores_only()
    {
        await using var server = await StartAsync();
        await using var writer = await server.ConnectAsync(token: Writer);
        await using var reader = await server.ConnectAsync(token: Reader);
        await using var stranger = await server.ConnectAsync(token: Stranger);
        await CallAsync(
            writer,
            "ingest_document",
            new() { ["text"] = "The gate closes at nine.", ["name"] = "gate.txt" }
        );

        // The first datastore of a token is its default.
        Assert.Contains("gate.txt:1", TextOf(await QueryAsync(reader, datastore: null)), StringComparison.Ordinal);
        Assert.Contains("web-gate", TextOf(await CallAsync(reader, "list_datastores", [])), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "web-gate",
            TextOf(await CallAsync(stranger, "list_datastores", [])),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "web-gate",
            TextOf(await CallAsync(stranger, "ingest_status", [])),
            StringComparison.Ordinal
        );
        foreach (var name in (string[])["web-gate", "default", "web-gate/../web-gate", "none"])
        {
            var refused = await QueryAsync(stranger, name);
            Assert.True(refused.IsError);
            Assert.Contains("no access", TextOf(refused), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_token_reads_resources_of_its_datastores_only()
    {
        const string Uri = "longcontext://web-gate/gate.txt";
        await using var server = await StartAsync();
        await using var writer = await server.ConnectAsync(token: Writer);
        await using var stranger = await server.ConnectAsync(token: Stranger);
        var stop = TestContext.Current.CancellationToken;
        await CallAsync(
            writer,
            "ingest_document",
            new() { ["text"] = "The gate closes at nine.", ["name"] = "gate.txt" }
        );

        Assert.Single(await writer.ListResourcesAsync(cancellationToken: stop));
        Assert.NotEmpty((await writer.ReadResourceAsync(Uri, cancellationToken: stop)).Contents);
        Assert.Empty(await stranger.ListResourcesAsync(cancellationToken: stop));
        await Assert.ThrowsAsync<McpProtocolException>(() =>
            stranger.ReadResourceAsync(Uri, cancellationToken: stop).AsTask()
        );
    }

    [Theory]
    [InlineData("longcontext://web-gate/gate.txt")]
    [InlineData("longcontext://other/../web-gate/gate.txt")]
    [InlineData("longcontext://other/%2e%2e/web-gate/gate.txt")]
    [InlineData("longcontext://other%2f..%2fweb-gate/gate.txt")]
    [InlineData("longcontext://other%00/web-gate/gate.txt")]
    [InlineData("longcontext://other/..\\web-gate\\gate.txt")]
    [InlineData("longcontext://other@web-gate/gate.txt")]
    [InlineData("longcontext://WEB-GATE/gate.txt")]
    [InlineData("longcontext://other//etc/hostname")]
    [InlineData("file:///etc/hostname")]
    public async Task No_address_leads_out_of_the_datastores_of_a_token(string uri)
    {
        await using var server = await StartAsync();
        await using var writer = await server.ConnectAsync(token: Writer);
        await using var stranger = await server.ConnectAsync(token: Stranger);
        await CallAsync(
            writer,
            "ingest_document",
            new() { ["text"] = "The gate closes at nine.", ["name"] = "gate.txt" }
        );

        var refusal = await Assert.ThrowsAsync<McpProtocolException>(() =>
            stranger.ReadResourceAsync(uri, cancellationToken: TestContext.Current.CancellationToken).AsTask()
        );

        Assert.DoesNotContain("nine", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(uri, refusal.Data["uri"]);
    }

    [Theory]
    [InlineData("outside.txt")]
    [InlineData("inside/../outside.txt")]
    [InlineData("inside/link.txt")]
    [InlineData("inside/%2e%2e/outside.txt")]
    [InlineData("/etc/hostname")]
    public async Task A_token_ingests_beneath_its_roots_only(string path)
    {
        _folder.Write("work/outside.txt", "Not for the writer.");
        _folder.Write("work/inside/file.txt", "For the writer.");
        File.CreateSymbolicLink(_folder.PathOf("work/inside/link.txt"), _folder.PathOf("work/outside.txt"));
        await using var server = await StartAsync();
        await using var writer = await server.ConnectAsync(token: Writer);

        var refused = await CallAsync(writer, "ingest_document", new() { ["path"] = _folder.PathOf("work/" + path) });
        var stored = await CallAsync(writer, "ingest_document", new() { ["path"] = _folder.PathOf("work/inside") });
        var found = await CallAsync(writer, "query_long_context", new() { ["question"] = "Not for the writer" });

        Assert.True(refused.IsError);
        Assert.NotEqual(true, stored.IsError);
        Assert.DoesNotContain("Not for", TextOf(found), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_out_of_its_roots_is_not_followed_by_a_refresh_either()
    {
        _folder.Write("work/outside.txt", "Not for the writer.");
        _folder.Write("work/inside/file.txt", "For the writer.");
        await using var server = await StartAsync();
        await using var writer = await server.ConnectAsync(token: Writer);
        await CallAsync(writer, "ingest_document", new() { ["path"] = _folder.PathOf("work/inside") });

        File.CreateSymbolicLink(_folder.PathOf("work/inside/link.txt"), _folder.PathOf("work/outside.txt"));
        _folder.Write("work/inside/new.txt", "New for the writer.");
        var found = TextOf(await CallAsync(writer, "query_long_context", new() { ["question"] = "for the writer" }));

        Assert.Contains("New for the writer", found, StringComparison.Ordinal);
        Assert.DoesNotContain("Not for", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_reads_files_of_a_bit_model_beneath_its_roots_only()
    {
        _folder.Write("work/outside.bin", "Not for the writer.");
        await using var server = await StartAsync();
        await using var writer = await server.ConnectAsync(token: Writer);

        var refused = await CallAsync(writer, "infer_long", new() { ["file"] = _folder.PathOf("work/outside.bin") });

        Assert.True(refused.IsError);
        Assert.Contains("outside the allowed roots", TextOf(refused), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "instruction": "Who?" }""", "other")]
    [InlineData("""{ "instruction": "Who?", "memory": "infini" }""", "other")]
    [InlineData("""{ "document": "a.txt" }""", "other")]
    [InlineData("""{ "instruction": "Who?", "text": "Ada." }""", null)]
    [InlineData("""{ "file": "a.bin" }""", null)]
    public void A_call_about_a_datastore_that_it_does_not_name_is_about_the_first_of_the_token(
        string call,
        string? datastore
    )
    {
        var arguments = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(call)!;
        var tool = new Tool
        {
            Name = "infer_long",
            InputSchema = JsonElement.Parse("""{ "type": "object", "properties": { "datastore": {} } }"""),
        };

        new Access(Scopes.Read, ["other"], []).Apply(tool, Scopes.Read, arguments);

        Assert.Equal(datastore, arguments.TryGetValue("datastore", out var named) ? named.GetString() : null);
    }

    [Fact]
    public async Task A_model_is_changed_by_a_token_of_the_whole_server_only()
    {
        await using var server = await StartAsync();
        await using var keeper = await server.ConnectAsync(token: Keeper);

        var extended = await CallAsync(
            keeper,
            "expand_positional_encoding",
            new() { ["model"] = "any", ["new_length"] = 4096 }
        );
        var chunks = await CallAsync(keeper, "set_chunking", new() { ["model"] = "any", ["chunk_size"] = 64 });
        var own = await CallAsync(keeper, "set_chunking", new() { ["chunk_size"] = 128, ["overlap"] = 16 });

        Assert.Contains("of the whole server", TextOf(extended), StringComparison.Ordinal);
        Assert.Contains("of the whole server", TextOf(chunks), StringComparison.Ordinal);
        Assert.DoesNotContain("of the whole server", TextOf(own), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    public async Task A_name_of_a_token_has_no_space(string name)
    {
        var file = _folder.PathOf("names.json");
        await File.WriteAllTextAsync(
            file,
            $$"""{ "tokens": [{ "name": "{{name}}", "token": "{{Reader}}", "scopes": ["read"] }] }""",
            TestContext.Current.CancellationToken
        );

        var error = Assert.Throws<ContextException>(() => TokenFile.Load(file));

        Assert.Contains($"'{name}' is no name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_of_other_datastores_and_jobs_are_not_told()
    {
        await using var server = await StartAsync();
        await using var writer = await server.ConnectAsync(token: Writer);
        await using var stranger = await server.ConnectAsync(token: Stranger);
        var stored = await CallAsync(
            writer,
            "ingest_document",
            new() { ["text"] = "The gate closes at nine.", ["name"] = "gate.txt" }
        );
        var job = stored.StructuredContent!.Value.GetProperty("job").GetString()!;

        var unknown = TextOf(await QueryAsync(stranger, "other"));
        var others = TextOf(await CallAsync(stranger, "ingest_status", new() { ["job"] = job }));
        var none = TextOf(await CallAsync(stranger, "ingest_status", new() { ["job"] = "ingest-none" }));

        Assert.DoesNotContain("web-gate", unknown, StringComparison.Ordinal);
        Assert.DoesNotContain(job, none, StringComparison.Ordinal);
        Assert.Equal(none.Replace("ingest-none", job, StringComparison.Ordinal), others);
    }

    [Fact]
    public async Task A_session_belongs_to_the_token_that_began_it()
    {
        await using var server = await StartAsync();
        await using var writer = await server.ConnectAsync("2025-11-25", Writer);
        using var request = new HttpRequestMessage(HttpMethod.Delete, server.Url);
        request.Headers.Add("Authorization", "Bearer " + Stranger);
        request.Headers.Add("Mcp-Session-Id", writer.SessionId);

        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private async Task<HttpServer> StartAsync()
    {
        var file = _folder.PathOf("tokens.json");
        var root = _folder.PathOf("work/inside");
        Directory.CreateDirectory(root);
        await File.WriteAllTextAsync(
            file,
            $$"""
            {
              "tokens": [
                { "name": "writer", "token": "{{Writer}}", "scopes": ["read", "ingest"], "datastores": ["web-gate"],
                  "roots": ["{{root.Replace('\\', '/')}}"] },
                { "name": "reader", "token": "{{Reader}}", "scopes": ["read"], "datastores": ["web-gate", "web-*"] },
                { "name": "stranger", "token": "{{Stranger}}", "scopes": ["read"], "datastores": ["other"] },
                { "name": "keeper", "token": "{{Keeper}}", "scopes": ["read", "admin"], "datastores": ["web-gate"] }
              ]
            }
            """
        );
        return await HttpServer.StartAsync(
            _folder,
            new HttpOptions { Address = HttpAddress.Parse("http://127.0.0.1:0"), Tokens = TokenFile.Load(file) }
        );
    }

    private static Task<CallToolResult> QueryAsync(McpClient client, string? datastore) =>
        CallAsync(
            client,
            "query_long_context",
            new() { ["question"] = "When does the gate close?", ["datastore"] = datastore }
        );

    private static async Task<CallToolResult> CallAsync(
        McpClient client,
        string tool,
        Dictionary<string, object?> arguments
    ) => await client.CallToolAsync(tool, arguments, cancellationToken: TestContext.Current.CancellationToken);

    private static string TextOf(CallToolResult result) => ((TextContentBlock)result.Content[0]).Text;
}
