using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed class DatastoresTests(Browser browser)
{
    [Fact]
    public async Task A_directory_is_ingested_and_its_datastore_shown()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("notes.md", "# Notes\n\nThe pump of the north well was replaced in May.\n");
        await using var tab = await Tab.OpenAsync(browser, server);
        await Expect(tab.Page.GetByText("There is no datastore yet.")).ToBeVisibleAsync();

        await tab.Page.GetByLabel("Path of a file or directory").FillAsync(server.Documents);
        await tab.Page.Locator("[name=datastore]").FillAsync("wells");
        await tab.Get(AriaRole.Button, "Ingest").ClickAsync();
        await Expect(tab.Page.Locator(".job[data-state=complete]")).ToContainTextAsync("1 document");
        await tab.Get(AriaRole.Link, "wells").First.ClickAsync();

        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("wells");
        await Expect(tab.Page.Locator("#list tbody tr")).ToContainTextAsync("notes.md");
        await Expect(tab.Page.Locator("#list tbody tr")).ToContainTextAsync("yes");
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task A_path_that_cannot_be_ingested_is_refused_beside_its_field()
    {
        await using var server = await DashboardServer.StartAsync();
        await using var tab = await Tab.OpenAsync(browser, server);

        await tab.Page.GetByLabel("Path of a file or directory").FillAsync("/etc");
        await tab.Get(AriaRole.Button, "Ingest").ClickAsync();

        await Expect(tab.Page.Locator("#refusal")).ToContainTextAsync("outside the allowed roots");
        await Expect(tab.Page.GetByLabel("Path of a file or directory")).ToHaveValueAsync("/etc");
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task A_datastore_is_verified_compacted_and_removed_after_a_confirmation()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("notes.md", "# Notes\n\nThe pump of the north well was replaced in May.\n");
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/datastores/default");

        await tab.Get(AriaRole.Button, "Verify").ClickAsync();
        await Expect(tab.Page.GetByText("Sound: nothing was found.")).ToBeVisibleAsync();
        await tab.Get(AriaRole.Button, "Compact").ClickAsync();
        await Expect(tab.Page.GetByText("before,")).ToBeVisibleAsync();
        await tab.Get(AriaRole.Button, "Remove…").ClickAsync();
        await tab.Get(AriaRole.Button, "Keep it").ClickAsync();
        await Expect(tab.Page.GetByText("Files that were ingested stay.")).ToBeHiddenAsync();
        await tab.Get(AriaRole.Button, "Remove…").ClickAsync();
        await tab.Get(AriaRole.Button, "Remove the datastore").ClickAsync();

        await Expect(tab.Page.GetByText("There is no datastore yet.")).ToBeVisibleAsync();
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task An_ingest_shows_its_progress_in_two_tabs_and_after_a_reload_until_it_is_cancelled()
    {
        await using var server = await DashboardServer.StartAsync();
        await using var tab = await Tab.OpenAsync(browser, server);
        await using var other = await Tab.OpenAsync(browser, server);

        await tab.Page.GetByLabel("Path of a file or directory").FillAsync(DashboardServer.Sources);
        await tab.Get(AriaRole.Button, "Ingest").ClickAsync();
        await Expect(other.Page.Locator(".job[data-state=active]")).ToBeVisibleAsync();
        await Expect(tab.Page.Locator(".rate")).ToContainTextAsync("tokens/s");
        await Expect(tab.Page.Locator(".rate")).ToContainTextAsync("left");
        await tab.Page.ReloadAsync();
        await Expect(tab.Page.Locator(".job[data-state=active] progress")).ToHaveAttributeAsync("max", "1");
        await tab.Get(AriaRole.Button, "Cancel").ClickAsync();

        await Expect(tab.Page.Locator(".job[data-state=cancelled]")).ToBeVisibleAsync();
        await Expect(other.Page.Locator(".job[data-state=cancelled]")).ToBeVisibleAsync();
        Assert.Empty(tab.Wrongs.Concat(other.Wrongs));
    }

    [Fact]
    public async Task A_thousand_documents_are_shown_within_five_seconds_and_filtered()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        for (var i = 0; i < 1000; i++)
        {
            server.Write($"notes/note-{i:D4}.md", $"Note {i} about the well.\n");
        }

        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await tab.GoAsync("/datastores/default");
        await Expect(tab.Page.Locator("#list tbody tr")).ToHaveCountAsync(1000);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);

        await tab.Page.GetByLabel("Part of the path").FillAsync("note-0042");
        await tab.Get(AriaRole.Button, "Filter").ClickAsync();
        await Expect(tab.Page.Locator("#list tbody tr")).ToHaveCountAsync(1);
        Assert.Empty(tab.Wrongs);
    }
}
