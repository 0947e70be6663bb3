using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Server.Http;
using Microsoft.Extensions.Configuration;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tests.Http;

public sealed class TokenIssuerTests : IAsyncDisposable
{
    private const string Audience = "https://mcp.example.com/mcp";

    private readonly TemporaryFolder _folder = new();
    private readonly LoopbackIssuer _issuer = new();

    public async ValueTask DisposeAsync()
    {
        await _issuer.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_token_permits_what_its_claims_say()
    {
        await using var server = await StartAsync();
        var writing = Claims("read ingest");
        writing["datastores"] = "web-gate";
        var reading = Claims("openid read");
        reading["datastores"] = new[] { "other", "web-gate" };
        var strange = Claims("read");
        strange["datastores"] = new[] { "other" };
        await using var writer = await server.ConnectAsync(token: _issuer.Sign(writing));
        await using var reader = await server.ConnectAsync(token: _issuer.Sign(reading));
        await using var stranger = await server.ConnectAsync(token: _issuer.Sign(strange));

        var stored = await CallAsync(
            writer,
            "ingest_document",
            new() { ["text"] = "The gate closes at nine.", ["name"] = "gate.txt" }
        );
        var refused = await CallAsync(reader, "ingest_document", new() { ["text"] = "x", ["name"] = "x.txt" });

        Assert.NotEqual(true, stored.IsError);
        Assert.Contains("scope ingest", TextOf(refused), StringComparison.Ordinal);
        Assert.Contains("gate.txt:1", TextOf(await QueryAsync(reader)), StringComparison.Ordinal);
        Assert.Contains("no access", TextOf(await QueryAsync(stranger)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_ingests_beneath_its_roots_only()
    {
        _folder.Write("work/outside.txt", "Not for the writer.");
        _folder.Write("work/inside/file.txt", "For the writer.");
        await using var server = await StartAsync();
        var claims = Claims("ingest");
        claims["roots"] = new[] { _folder.PathOf("work/inside") };
        await using var writer = await server.ConnectAsync(token: _issuer.Sign(claims));

        var refused = await CallAsync(
            writer,
            "ingest_document",
            new() { ["path"] = _folder.PathOf("work/outside.txt") }
        );
        var stored = await CallAsync(writer, "ingest_document", new() { ["path"] = _folder.PathOf("work/inside") });

        Assert.Contains("outside the allowed roots", TextOf(refused), StringComparison.Ordinal);
        Assert.NotEqual(true, stored.IsError);
    }

    public static TheoryData<string> Refused =>
        [
            "expired",
            "never expires",
            "not valid yet",
            "other audience",
            "other issuer",
            "other key",
            "public key as a shared secret",
            "no signature",
            "changed after it was signed",
            "no subject",
            "no datastores",
            "no roots",
            "roots of another type",
            "no token",
        ];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Any_other_token_is_refused_with_the_address_of_the_metadata(string token)
    {
        await using var server = await StartAsync();
        Assert.Equal(
            HttpStatusCode.UnsupportedMediaType,
            (await PostAsync(server, _issuer.Sign(Claims("read")))).Status
        );

        var (status, challenge) = await PostAsync(server, TokenOf(token));

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal(
            $"resource_metadata=\"{server.Url.GetLeftPart(UriPartial.Authority)}/.well-known/oauth-protected-resource/mcp\"",
            challenge
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("openid profile")]
    public async Task A_token_without_a_scope_of_ours_is_told_which_there_are(string scope)
    {
        await using var server = await StartAsync();
        var claims = Claims(scope);
        if (scope.Length == 0)
        {
            claims.Remove("scope");
        }

        var (status, challenge) = await PostAsync(server, _issuer.Sign(claims));

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.StartsWith(
            "error=\"insufficient_scope\", scope=\"read ingest admin\", resource_metadata=\"http://",
            challenge,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_new_key_of_the_issuer_is_found_and_the_former_one_ends()
    {
        await using var server = await StartAsync();
        var former = _issuer.Sign(Claims("read"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await PostAsync(server, former)).Status);

        _issuer.Rotate();
        var present = _issuer.Sign(Claims("read"));
        var stop = TestContext.Current.CancellationToken;
        while ((await PostAsync(server, present)).Status == HttpStatusCode.Unauthorized)
        {
            await Task.Delay(20, stop);
        }

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await PostAsync(server, present)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(server, former)).Status);
    }

    [Fact]
    public async Task While_the_issuer_is_away_its_tokens_wait_and_those_of_the_file_do_not()
    {
        const string Secret = "b3BlcmF0b3Itb2YtdGhlLXRlc3Rz";
        await using var server = await StartAsync(BearerToken.Of(Secret));
        var token = _issuer.Sign(Claims("read"));
        _issuer.IsAway = true;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await PostAsync(server, token)).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await PostAsync(server, Secret)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(server, token: null)).Status);
        _issuer.IsAway = false;
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await PostAsync(server, token)).Status);
    }

    [Theory]
    [InlineData("/.well-known/oauth-protected-resource/mcp")]
    [InlineData("/.well-known/oauth-protected-resource")]
    public async Task The_metadata_name_issuer_resource_and_scopes(string path)
    {
        await using var server = await StartAsync();

        var text = await server.Client.GetStringAsync(path, TestContext.Current.CancellationToken);
        var metadata = JsonDocument.Parse(text).RootElement;

        Assert.Equal(Audience, metadata.GetProperty("resource").GetString());
        Assert.Equal([_issuer.Address], ListOf("authorization_servers"));
        Assert.Equal(["read", "ingest", "admin"], ListOf("scopes_supported"));
        Assert.Equal(["header"], ListOf("bearer_methods_supported"));

        IEnumerable<string?> ListOf(string name) =>
            metadata.GetProperty(name).EnumerateArray().Select(value => value.GetString());
    }

    [Fact]
    public async Task Behind_a_proxy_the_metadata_are_at_the_public_address()
    {
        await using var server = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);
        request.Headers.Host = "mcp.example.com";

        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(
            "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"",
            answer.Headers.WwwAuthenticate.Single().Parameter
        );
    }

    [Theory]
    [InlineData("https://login.example.com", null, "http:audience")]
    [InlineData(null, "https://mcp.example.com/mcp", "http:issuer")]
    [InlineData("http://login.example.com", "https://mcp.example.com/mcp", "https")]
    [InlineData("login.example.com", "https://mcp.example.com/mcp", "https")]
    public void An_issuer_that_cannot_be_trusted_is_refused(string? issuer, string? audience, string named)
    {
        var error = Assert.Throws<ContextException>(() => Validate("http://127.0.0.1:0", issuer, audience));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_an_issuer_any_address_may_be_served() =>
        Assert.True(Validate("http://0.0.0.0:7420", "https://login.example.com", "long-context").NeedsToken);

    private static HttpOptions Validate(string address, string? issuer, string? audience) =>
        HttpOptions.Validate(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    new Dictionary<string, string?>(StringComparer.Ordinal)
                    {
                        ["http:issuer"] = issuer,
                        ["http:audience"] = audience,
                    }
                )
                .Build(),
            address,
            tokenFile: null
        );

    private string? TokenOf(string kind)
    {
        var claims = Claims("read");
        switch (kind)
        {
            case "expired":
                claims["exp"] = DateTimeOffset.UtcNow.AddMinutes(-2).ToUnixTimeSeconds();
                break;
            case "never expires":
                claims.Remove("exp");
                break;
            case "not valid yet":
                claims["nbf"] = DateTimeOffset.UtcNow.AddMinutes(2).ToUnixTimeSeconds();
                break;
            case "other audience":
                claims["aud"] = "https://other.example.com/mcp";
                break;
            case "other issuer":
                claims["iss"] = "https://other.example.com";
                break;
            case "no subject":
                claims.Remove("sub");
                break;
            case "no datastores":
                claims["datastores"] = Array.Empty<string>();
                break;
            case "no roots":
                claims["roots"] = "";
                break;
            case "roots of another type":
                claims["roots"] = 1;
                break;
        }

        return kind switch
        {
            "other key" => _issuer.SignByOtherKey(claims),
            "public key as a shared secret" => _issuer.SignByPublicKey(claims),
            "no signature" => LoopbackIssuer.Unsigned(claims),
            "changed after it was signed" => Change(_issuer.Sign(claims)),
            "no token" => null,
            _ => _issuer.Sign(claims),
        };
    }

    /// <summary>A token with the claims of another and its own signature.</summary>
    private string Change(string token)
    {
        var other = _issuer.Sign(Claims("read ingest admin"));
        return $"{token.Split('.')[0]}.{other.Split('.')[1]}.{token.Split('.')[2]}";
    }

    private Dictionary<string, object> Claims(string scope) => _issuer.Claims(Audience, scope);

    private Task<HttpServer> StartAsync(BearerToken? token = null) =>
        HttpServer.StartAsync(
            _folder,
            Validate("http://127.0.0.1:0", _issuer.Address, Audience) with
            {
                Tokens = token is null ? [] : [token],
            }
        );

    /// <summary>Sends a request that is answered by status 415 once the token is accepted.</summary>
    private static async Task<(HttpStatusCode Status, string? Challenge)> PostAsync(HttpServer server, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, answer.Headers.WwwAuthenticate.SingleOrDefault()?.Parameter);
    }

    private static Task<CallToolResult> QueryAsync(McpClient client) =>
        CallAsync(
            client,
            "query_long_context",
            new() { ["question"] = "When does the gate close?", ["datastore"] = "web-gate" }
        );

    private static async Task<CallToolResult> CallAsync(
        McpClient client,
        string tool,
        Dictionary<string, object?> arguments
    ) => await client.CallToolAsync(tool, arguments, cancellationToken: TestContext.Current.CancellationToken);

    private static string TextOf(CallToolResult result) => ((TextContentBlock)result.Content[0]).Text;
}
