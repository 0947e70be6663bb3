using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed class PerformanceTests(Browser browser)
{
    [Fact]
    public async Task Operations_are_shown_with_rate_median_and_99th_percentile_and_work_with_its_total()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("wells.md", "# Wells\n\nThe pump of the north well was replaced in May.\n");
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/performance");

        var job = tab.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "job ingest" });
        await Expect(job).ToContainTextAsync(" ms");
        await Expect(job.Locator("td").First).Not.ToHaveTextAsync("0");
        await Expect(tab.Page.GetByText("Tokens read: embeddings")).ToBeVisibleAsync();
        await Expect(tab.Page.Locator("dl.figures")).ToContainTextAsync("Waiting for the decoder");
        Assert.Empty(tab.Wrongs);
    }
}
