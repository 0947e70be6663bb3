using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed class SettingsTests(Browser browser)
{
    [Fact]
    public async Task A_saved_setting_is_in_force_at_once_and_for_later_processes()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        await using var tab = await Tab.OpenAsync(browser, server, "/settings");
        var enabled = tab.Page.GetByLabel("Unlimited context (Unlimiformer)");
        await Expect(enabled).Not.ToBeCheckedAsync();

        await enabled.CheckAsync();
        await tab.Page.GetByLabel("Reading mode").SelectOptionAsync("heads");
        await tab.Page.Locator("[name=context_window_size]").FillAsync("512");
        await tab.Page.GetByText("Save", new() { Exact = true }).ClickAsync();

        await Expect(tab.Page.Locator(".done")).ToContainTextAsync("Saved");
        await Expect(enabled).ToBeCheckedAsync();
        Assert.True(server.Unlimiformer.Enabled);
        Assert.Equal("heads", server.Unlimiformer.Mode);
        Assert.Equal(512, server.Unlimiformer.ContextWindowSize);
        Assert.Equal(
            server.Unlimiformer with
            {
                IndexDevices = [],
            },
            server.UnlimiformerOfLaterProcess with
            {
                IndexDevices = [],
            }
        );
        await tab.Get(AriaRole.Button, "Forget what was saved").ClickAsync();
        await Expect(enabled).Not.ToBeCheckedAsync();
        Assert.False(server.UnlimiformerOfLaterProcess.Enabled);
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task Chunks_of_a_datastore_are_set()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("wells.md", "The pump was replaced.\n");
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/settings");

        await tab.Page.Locator("[name=size]").FillAsync("128");
        await tab.Get(AriaRole.Button, "Set chunks").ClickAsync();
        await Expect(tab.Page.Locator(".done")).ToContainTextAsync("128 tokens");
        await tab.GoAsync("/datastores/default");

        await Expect(tab.Page.Locator(".figures")).ToContainTextAsync("128 tokens");
        Assert.Empty(tab.Wrongs);
    }
}
