using System.Net;
using McpLongContext.Dashboard.Tests.Infrastructure;

namespace McpLongContext.Dashboard.Tests;

public sealed class RequestTests
{
    [Fact]
    public async Task A_form_of_another_site_changes_nothing()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        server.Write("wells.md", "The pump was replaced.\n");
        await server.IngestAsync();
        using var client = new HttpClient { BaseAddress = server.Address };
        foreach (var origin in (string?[])[null, "null", "http://example.com", "http://127.0.0.1:1"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/datastores/default/remove");
            request.Content = new FormUrlEncodedContent([]);
            if (origin is not null)
            {
                request.Headers.Add("Origin", origin);
            }

            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }

        Assert.Contains(
            "default",
            await client.GetStringAsync("/", TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/search")]
    [InlineData("/datastores/none")]
    public async Task Every_page_has_a_strict_content_security_policy(string path)
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        using var client = new HttpClient { BaseAddress = server.Address };

        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }
}
