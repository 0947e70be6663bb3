using System.Net;
using McpLongContext.Dashboard.Visitors;
using McpLongContext.Server.Http;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Server.Tests.Http;

/// <summary>The dashboard where there are tokens: a session for each browser, with the permissions of its token.</summary>
public sealed class DashboardSessionTests : IDisposable
{
    private const string Operator = "b3BlcmF0b3Itb2YtdGhlLXRlc3Rz";
    private const string Keeper = "a2VlcGVyLW9mLXRoZS10ZXN0cw==";
    private const string Reader = "cmVhZGVyLW9mLXRoZS10ZXN0cw==";
    private const string Stranger = "c3RyYW5nZXItb2YtdGhlLXRlc3Rz";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_token_begins_a_session_that_its_end_ends()
    {
        await using var server = await StartAsync();
        using var browser = new BrowserOf(server);

        Assert.Equal("/sign-in?next=%2Fsearch%3Fq%3Dgate", await browser.RedirectOfAsync("/search?q=gate"));
        using var refused = await browser.SignInAsync("d3JvbmctdG9rZW4tb2YtdGhlLXRlc3Rz");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.False(refused.Headers.Contains("Set-Cookie"));

        using var accepted = await browser.SignInAsync(Reader, "/search?q=gate");
        Assert.Equal("/search?q=gate", accepted.Headers.Location?.OriginalString);
        var cookie = accepted.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Reader, cookie, StringComparison.Ordinal);
        Assert.Contains("web-gate", await browser.TextOfAsync("/"), StringComparison.Ordinal);

        using var copy = new BrowserOf(server);
        copy.Take(browser);
        using var ended = await browser.PostAsync("/sign-out");
        Assert.Equal(HttpStatusCode.Found, ended.StatusCode);
        Assert.StartsWith("/sign-in", await copy.RedirectOfAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_opens_pages_only_and_a_token_the_protocol_only()
    {
        await using var server = await StartAsync();
        using var browser = new BrowserOf(server);
        using var accepted = await browser.SignInAsync(Operator);

        using var protocol = await browser.PostAsync("/mcp");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, "/"));
        request.Headers.Authorization = new("Bearer", Operator);
        using var page = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, protocol.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, page.StatusCode);
    }

    [Theory]
    [InlineData("http://example.com")]
    [InlineData("null")]
    [InlineData(null)]
    public async Task A_form_of_another_site_neither_signs_in_nor_changes_anything(string? origin)
    {
        await using var server = await StartAsync();
        using var browser = new BrowserOf(server);
        using var accepted = await browser.SignInAsync(Operator);

        using var removal = await browser.PostAsync("/datastores/web-gate/remove", origin);
        using var signIn = await browser.PostAsync("/sign-in", origin, ("token", Reader));

        Assert.Equal(HttpStatusCode.Forbidden, removal.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, signIn.StatusCode);
        Assert.Contains("web-gate", await browser.TextOfAsync("/"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("https://evil.example/")]
    [InlineData("/\\\\evil.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\t/evil.example/")]
    public async Task After_the_sign_in_no_other_server_is_shown(string next)
    {
        await using var server = await StartAsync();
        using var browser = new BrowserOf(server);

        using var accepted = await browser.SignInAsync(Reader, next);

        Assert.Equal("/", accepted.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData(Reader, "GET", "/datastores/web-gate", HttpStatusCode.OK)]
    [InlineData(Reader, "GET", "/search?q=gate", HttpStatusCode.OK)]
    [InlineData(Reader, "POST", "/ingest", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "POST", "/jobs/any/cancel", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "POST", "/datastores/web-gate/verify", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "POST", "/datastores/web-gate/repair", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "POST", "/datastores/web-gate/compact", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "POST", "/datastores/web-gate/remove", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "POST", "/datastores/web-gate/document/remove", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "GET", "/settings", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "POST", "/settings", HttpStatusCode.Forbidden)]
    [InlineData(Reader, "GET", "/training", HttpStatusCode.Forbidden)]
    [InlineData(Keeper, "POST", "/datastores/web-gate/verify", HttpStatusCode.Found)]
    [InlineData(Keeper, "POST", "/datastores/web-gate/remove", HttpStatusCode.Found)]
    [InlineData(Keeper, "GET", "/settings", HttpStatusCode.Forbidden)]
    [InlineData(Keeper, "POST", "/settings/reset", HttpStatusCode.Forbidden)]
    [InlineData(Operator, "GET", "/settings", HttpStatusCode.OK)]
    [InlineData(Operator, "GET", "/training", HttpStatusCode.OK)]
    [InlineData(Operator, "POST", "/datastores/web-gate/remove", HttpStatusCode.Found)]
    public async Task A_page_needs_its_scope(string token, string method, string page, HttpStatusCode status)
    {
        await using var server = await StartAsync();
        using var browser = new BrowserOf(server);
        using var accepted = await browser.SignInAsync(token);

        using var answer =
            method == "GET"
                ? await browser.GetAsync(page)
                : await browser.PostAsync(page, browser.Own, ("datastore", "web-gate"), ("path", "."));

        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task A_search_that_names_no_datastore_is_of_the_token_s_own()
    {
        await using var server = await StartAsync();
        await using var client = await server.ConnectAsync(token: Operator);
        await client.CallToolAsync(
            "ingest_document",
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["text"] = "The vault closes at eleven.",
                ["name"] = "vault.txt",
            },
            cancellationToken: TestContext.Current.CancellationToken
        );
        using var keeper = new BrowserOf(server);
        using var accepted = await keeper.SignInAsync(Keeper);

        var page = await keeper.TextOfAsync("/search?q=vault+closes");

        Assert.DoesNotContain("eleven", page, StringComparison.Ordinal);
        Assert.Contains("no access", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_page_shows_anything_of_a_datastore_that_the_token_gives_no_access_to()
    {
        await using var server = await StartAsync();
        using var browser = new BrowserOf(server);
        using var accepted = await browser.SignInAsync(Stranger);
        var pages = server.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<RequiredScope>() is not null);
        var checkedPages = 0;
        foreach (var page in pages)
        {
            var path = page.RoutePattern.RawText!.Replace("{name}", "web-gate", StringComparison.Ordinal);
            if (path.StartsWith("/assets", StringComparison.Ordinal) || path == "/sign-out")
            {
                continue;
            }

            path = path.Replace("{job}", "any", StringComparison.Ordinal);
            foreach (var method in page.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                using var answer =
                    method == "GET"
                        ? await browser.GetAsync($"{path}?datastore=web-gate&q=gate&path=gate.txt&passage=1")
                        : await browser.PostAsync(
                            path,
                            browser.Own,
                            ("datastore", "web-gate"),
                            ("path", "gate.txt"),
                            ("query", "gate"),
                            ("queries", "gate => gate.txt"),
                            ("kind", "Window"),
                            ("tokens", "1")
                        );
                var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                Assert.DoesNotContain("nine", text, StringComparison.Ordinal);
                Assert.NotEqual(HttpStatusCode.OK, path == "/sign-in" ? HttpStatusCode.NotFound : answer.StatusCode);
                checkedPages++;
            }
        }

        Assert.InRange(checkedPages, 20, int.MaxValue);
        foreach (var list in (string[])["/", "/table", "/activity", "/search", "/ask", "/proof"])
        {
            Assert.DoesNotContain("web-gate", await browser.TextOfAsync(list), StringComparison.Ordinal);
        }

        var unknown = await browser.TextOfAsync("/datastores/other2");
        var others = await browser.TextOfAsync("/datastores/web-gate");
        Assert.Equal(unknown.Replace("other2", "web-gate", StringComparison.Ordinal), others);
    }

    /// <summary>A server with the datastore <c>web-gate</c>, of the document <c>gate.txt</c>.</summary>
    private async Task<HttpServer> StartAsync()
    {
        var file = _folder.PathOf("tokens.json");
        await File.WriteAllTextAsync(
            file,
            $$"""
            {
              "tokens": [
                { "name": "operator", "token": "{{Operator}}", "scopes": ["read", "ingest", "admin"] },
                { "name": "keeper", "token": "{{Keeper}}", "scopes": ["read", "admin"], "datastores": ["web-*"] },
                { "name": "reader", "token": "{{Reader}}", "scopes": ["read"], "datastores": ["web-gate"] },
                { "name": "stranger", "token": "{{Stranger}}", "scopes": ["read", "ingest", "admin"],
                  "datastores": ["other*"] }
              ]
            }
            """
        );
        var server = await HttpServer.StartAsync(
            _folder,
            new HttpOptions { Address = HttpAddress.Parse("http://127.0.0.1:0"), Tokens = TokenFile.Load(file) }
        );
        await using var client = await server.ConnectAsync(token: Operator);
        await client.CallToolAsync(
            "ingest_document",
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["text"] = "The gate closes at nine.",
                ["name"] = "gate.txt",
                ["datastore"] = "web-gate",
            },
            cancellationToken: TestContext.Current.CancellationToken
        );
        return server;
    }

    /// <summary>Requests as a browser sends them.</summary>
    private sealed class BrowserOf : IDisposable
    {
        private readonly HttpClientHandler _handler = new() { AllowAutoRedirect = false };
        private readonly HttpClient _client;

        public BrowserOf(HttpServer server)
        {
            Own = server.Url.GetLeftPart(UriPartial.Authority);
            _client = new HttpClient(_handler) { BaseAddress = new Uri(Own) };
            _client.DefaultRequestHeaders.Add("Accept", "text/html");
        }

        /// <summary>The origin of the server's own pages.</summary>
        public string Own { get; }

        /// <summary>Takes the cookies of another browser.</summary>
        public void Take(BrowserOf other) =>
            _handler.CookieContainer.Add(other._handler.CookieContainer.GetAllCookies());

        public Task<HttpResponseMessage> SignInAsync(string token, string next = "/") =>
            PostAsync("/sign-in", Own, ("token", token), ("next", next));

        public Task<HttpResponseMessage> GetAsync(string page) =>
            _client.GetAsync(page, TestContext.Current.CancellationToken);

        public async Task<string> TextOfAsync(string page)
        {
            using var answer = await GetAsync(page);
            return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }

        public async Task<string> RedirectOfAsync(string page)
        {
            using var answer = await GetAsync(page);
            return answer.Headers.Location?.OriginalString ?? "";
        }

        public Task<HttpResponseMessage> PostAsync(string page) => PostAsync(page, Own);

        public async Task<HttpResponseMessage> PostAsync(
            string page,
            string? origin,
            params IEnumerable<(string Name, string Value)> fields
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, page);
            request.Content = new FormUrlEncodedContent(
                fields.Select(field => KeyValuePair.Create(field.Name, field.Value))
            );
            if (origin is not null)
            {
                request.Headers.Add("Origin", origin);
            }

            return await _client.SendAsync(request, TestContext.Current.CancellationToken);
        }

        public void Dispose()
        {
            _client.Dispose();
            _handler.Dispose();
        }
    }
}
