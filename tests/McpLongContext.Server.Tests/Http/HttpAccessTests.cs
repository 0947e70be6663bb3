using System.Net;
using McpLongContext.Context.Contracts;
using McpLongContext.Server.Http;

namespace McpLongContext.Server.Tests.Http;

public sealed class HttpAccessTests : IDisposable
{
    private const string Secret = "c2VjcmV0LW9mLXRoZS10ZXN0cw==";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("evil.example:7420")]
    public async Task A_name_that_a_page_made_resolve_to_this_machine_is_refused(string host)
    {
        await using var server = await HttpServer.StartAsync(_folder);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.Host = host;

        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("http://evil.example", false)]
    [InlineData("https://localhost.evil.example", false)]
    [InlineData("null", false)]
    [InlineData("http://localhost:1", false)]
    [InlineData("http://localhost:{0}", true)]
    [InlineData("http://127.0.0.1:{0}", true)]
    public async Task Only_pages_of_the_server_itself_reach_it(string origin, bool isAllowed)
    {
        await using var server = await HttpServer.StartAsync(_folder);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.Add("Origin", string.Format(null, origin, server.Url.Port));

        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(isAllowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer " + Secret + "x", HttpStatusCode.Unauthorized)]
    [InlineData("Basic " + Secret, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer " + Secret, HttpStatusCode.UnsupportedMediaType)]
    public async Task Without_the_token_nothing_is_answered(string? authorization, HttpStatusCode status)
    {
        await using var server = await HttpServer.StartAsync(_folder, WithToken());
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.Unauthorized, answer.Headers.WwwAuthenticate.Count == 1);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(server, "/"));
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "/health"));
    }

    [Fact]
    public async Task A_client_with_the_token_is_served()
    {
        await using var server = await HttpServer.StartAsync(_folder, WithToken());
        await using var client = await server.ConnectAsync(token: Secret);

        Assert.NotEmpty(await client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_token_that_sends_too_many_requests_is_told_to_wait_and_others_are_not()
    {
        const string Other = "b3RoZXItb2YtdGhlLXRlc3Rz";
        await using var server = await HttpServer.StartAsync(
            _folder,
            WithToken() with
            {
                Tokens = [BearerToken.Of(Secret)!, BearerToken.Of(Other, "other", Access.Everything)!],
                Rate = new()
                {
                    TokenLimit = 3,
                    TokensPerPeriod = 1,
                    ReplenishmentPeriod = TimeSpan.FromHours(1),
                },
            }
        );
        for (var i = 0; i < 3; i++)
        {
            using var passed = await PostAsync(Secret);
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, passed.StatusCode);
        }

        using var refused = await PostAsync(Secret);
        using var other = await PostAsync(Other);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, other.StatusCode);

        async Task<HttpResponseMessage> PostAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);
            request.Headers.Authorization = new("Bearer", token);
            return await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    private static HttpOptions WithToken() =>
        new() { Address = HttpAddress.Parse("http://127.0.0.1:0"), Tokens = [BearerToken.Of(Secret)!] };

    private static async Task<HttpStatusCode> StatusOfAsync(HttpServer server, string path)
    {
        using var answer = await server.Client.GetAsync(path, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
