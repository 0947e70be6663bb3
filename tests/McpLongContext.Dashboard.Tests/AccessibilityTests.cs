using Deque.AxeCore.Playwright;
using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;

namespace McpLongContext.Dashboard.Tests;

public sealed class AccessibilityTests(Browser browser)
{
    private static readonly string[] s_pages =
    [
        "/",
        "/datastores/default",
        "/datastores/default/document?path=wells.md",
        "/search?q=when+was+the+pump+replaced&datastore=default&compare=true",
        "/datastores/none",
        "/settings",
        "/ask",
        "/proof",
        "/training",
        "/performance",
        "/scan",
    ];

    [Fact]
    public async Task Axe_finds_no_violation_in_light_and_dark_and_nothing_is_wider_than_a_telephone()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("wells.md", "# Wells\n\nThe pump of the north well was replaced in May.\n");
        server.Write(
            "source/pump.cs",
            $"namespace Wells;\n\npublic sealed class Pump\n{{\n    // {new string('x', 300)}\n}}\n"
        );
        await server.IngestAsync();
        server.WriteHome(
            "training/run/metrics.jsonl",
            "{\"step\":1,\"answer_loss\":4.5,\"held_out\":{\"1024\":0.9},\"gates\":[[0.1,0.9],[0.4,0.6]],\"seconds\":1}\n"
        );
        await server.InstallBitModelAsync();
        await server.ScanAsync("wells.md");
        var found = new List<string>();
        foreach (var (width, colors) in ((int, ColorScheme)[])[(1280, ColorScheme.Light), (360, ColorScheme.Dark)])
        {
            await using var tab = await Tab.OpenAsync(browser, server, "/", width, colors, bypassPolicy: true);
            foreach (var path in s_pages)
            {
                await tab.GoAsync(path);
                foreach (var closed in await tab.Page.Locator("main details:not([data-load]) > summary").AllAsync())
                {
                    await closed.ClickAsync();
                }

                if (await tab.Page.Locator("[data-load] > summary").CountAsync() > 0)
                {
                    await tab.Page.Locator("[data-load] > summary").First.ClickAsync();
                    await tab.Page.Locator(".heatmap").First.WaitForAsync();
                }

                var report = await tab.Page.RunAxe();
                found.AddRange(
                    report.Violations.Select(violation =>
                        $"{path} at {width}, {colors}: {violation.Id}: {string.Join("; ", violation.Nodes.Select(node => node.Html).Take(3))}"
                    )
                );
                var wide = await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
                if (wide > width)
                {
                    found.Add($"{path} is {wide} pixels wide at {width}");
                }
            }
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Fact]
    public async Task Everything_is_reached_by_keyboard()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("wells.md", "# Wells\n\nThe pump of the north well was replaced in May.\n");
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/datastores/default");

        await tab.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(tab.Page.Locator(".skip")).ToBeFocusedAsync();
        await tab.Page.GetByText("Remove…").FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Page.GetByText("Keep it")).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(tab.Page.GetByText("Keep it")).ToBeHiddenAsync();
    }
}
