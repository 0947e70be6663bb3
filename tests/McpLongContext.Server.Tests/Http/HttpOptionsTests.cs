using McpLongContext.Context.Contracts;
using McpLongContext.Server.Http;
using Microsoft.Extensions.Configuration;

namespace McpLongContext.Server.Tests.Http;

public sealed class HttpOptionsTests : IDisposable
{
    private const string Secret = "c2VjcmV0LW9mLXRoZS10ZXN0cw==";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, "http://127.0.0.1:7420")]
    [InlineData("7421", "http://127.0.0.1:7421")]
    [InlineData("http://localhost:80", "http://localhost:80")]
    [InlineData("http://[::1]:7421", "http://[::1]:7421")]
    public void The_address_is_one_of_loopback_unless_said_otherwise(string? text, string address)
    {
        var options = HttpOptions.Validate(Configuration(), text, tokenFile: null);

        Assert.Equal(address, options.Address.ToString());
        Assert.True(options.Address.IsLoopback);
    }

    [Theory]
    [InlineData("https://127.0.0.1:7420", "TLS")]
    [InlineData("http://example.com:7420", "example.com")]
    [InlineData("http://127.0.0.1:7420/mcp", "ADDRESS:PORT")]
    [InlineData("http://me:secret@127.0.0.1:7420", "ADDRESS:PORT")]
    [InlineData("ftp://127.0.0.1:7420", "ADDRESS:PORT")]
    [InlineData("http://127.0.0.1:99999", "ADDRESS:PORT")]
    [InlineData("http://localhost:0", "http://127.0.0.1:0")]
    public void Any_other_address_is_refused_with_the_remedy(string text, string remedy)
    {
        var error = Assert.Throws<ContextException>(() => HttpAddress.Parse(text));

        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:7420")]
    [InlineData("http://192.168.1.2:7420")]
    [InlineData("http://[::]:7420")]
    public void An_address_that_other_machines_reach_needs_a_token(string address)
    {
        var error = Assert.Throws<ContextException>(() =>
            HttpOptions.Validate(Configuration(), address, tokenFile: null)
        );
        Assert.Contains("MCP_LONG_CONTEXT_TOKEN", error.Message, StringComparison.Ordinal);

        Assert.Single(HttpOptions.Validate(Configuration(("token", Secret)), address, tokenFile: null).Tokens);
        var file = _folder.PathOf("token");
        File.WriteAllText(file, Secret + "\n");
        Assert.True(HttpOptions.Validate(Configuration(), address, file).Tokens[0].Matches(Secret));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("letters and spaces and more letters")]
    public void A_token_that_can_be_guessed_or_not_be_sent_is_refused(string secret) =>
        Assert.Throws<ContextException>(() => BearerToken.Of(secret));

    [Fact]
    public void A_file_without_a_token_is_refused()
    {
        var file = _folder.PathOf("token");
        Assert.Throws<ContextException>(() => TokenFile.Load(file));

        File.WriteAllText(file, "\n");
        Assert.Throws<ContextException>(() => TokenFile.Load(file));
    }

    [Theory]
    [InlineData("""{"tokens":[]}""")]
    [InlineData("""{"tokens":[{"name":"a","token":"c2VjcmV0LW9mLXRoZS10ZXN0cw==","scopes":["write"]}]}""")]
    [InlineData("""{"tokens":[{"name":"a","token":"short","scopes":["read"]}]}""")]
    [InlineData("""{"tokens":[{"name":"a","scopes":["read"]}]}""")]
    [InlineData(
        """{"tokens":[{"name":"a","token":"c2VjcmV0LW9mLXRoZS10ZXN0cw==","scopes":["read"],"datastores":[]}]}"""
    )]
    [InlineData("""{"tokens":[{"name":"a","token":"c2VjcmV0LW9mLXRoZS10ZXN0cw==","scopes":["read"],"roots":[]}]}""")]
    [InlineData(
        """
            {"tokens":[{"name":"a","token":"c2VjcmV0LW9mLXRoZS10ZXN0cw==","scopes":["read"]},
            {"name":"b","token":"c2VjcmV0LW9mLXRoZS10ZXN0cw==","scopes":["read"]}]}
            """
    )]
    [InlineData("""{"tokens":""")]
    public void A_file_of_tokens_with_a_mistake_is_refused(string text)
    {
        var file = _folder.PathOf("tokens.json");
        File.WriteAllText(file, text);

        Assert.Throws<ContextException>(() => TokenFile.Load(file));
    }

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value)))
            .Build();
}
