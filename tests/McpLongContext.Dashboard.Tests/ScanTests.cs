using System.Text.RegularExpressions;
using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed partial class ScanTests(Browser browser)
{
    [Fact]
    public async Task A_scan_shows_a_picture_along_the_file_and_its_least_likely_bytes()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        await server.InstallBitModelAsync();
        server.Write("dump.txt", string.Concat(Enumerable.Repeat("0123456789abcdef <b>&amp;", 40)));
        await using var tab = await Tab.OpenAsync(browser, server, "/scan");

        await tab.Page.Locator("[name=file]").FillAsync(Path.Combine(server.Documents, "dump.txt"));
        await tab.Page.Locator("[name=top]").FillAsync("1");
        await tab.Get(AriaRole.Button, "Scan").ClickAsync();

        await Expect(tab.Page.Locator(".figures[data-state=complete]")).ToContainTextAsync("1,000");
        await Expect(tab.Page.Locator(".strip svg rect.mark")).ToHaveCountAsync(1);
        await Expect(tab.Page.Locator(".strip svg")).ToHaveAttributeAsync("aria-label", PictureLabel());
        await Expect(tab.Page.Locator(".hex")).ToHaveCountAsync(1);
        var lines = (await tab.Page.Locator(".hex").First.TextContentAsync())!.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.Matches("^[0-9a-f]{8}  ([0-9a-f]{2} ){16} \\|.{16}\\|$", line));
        var cost = await tab.Page.Locator(".hex .heat").First.GetAttributeAsync("title");
        Assert.Matches(@"^\d+\.\d bits$", cost);
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task A_file_outside_the_allowed_roots_is_refused_by_name()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        await server.InstallBitModelAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/scan");

        await tab.Page.Locator("[name=file]").FillAsync("/etc/hostname");
        await tab.Get(AriaRole.Button, "Scan").ClickAsync();

        await Expect(tab.Page.Locator("#result .error")).ToContainTextAsync("outside the allowed roots");
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task Without_a_bit_model_the_page_says_how_to_get_one()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        await using var tab = await Tab.OpenAsync(browser, server, "/scan");

        await Expect(tab.Page.Locator("main")).ToContainTextAsync("mcp-long-context-train bits FOLDER");
    }

    [GeneratedRegex(@"^Bits a byte along 1,000 bytes: mean \d+\.\d{3}, highest \d+\.\d; 1 span found, listed below\.$")]
    private static partial Regex PictureLabel();
}
