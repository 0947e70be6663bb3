using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed class AskTests(Browser browser)
{
    [Fact]
    public async Task A_decoder_writes_by_retrieval_attention_and_shows_the_spans_it_attended_to()
    {
        await TestModels.StoriesAsync();
        await using var server = await DashboardServer.StartAsync();
        server.Write("tale.md", "Once upon a time there was a little red boat. Lily and her dog went to the sea.\n");
        await server.IngestAsync(memory: Context.Contracts.MemoryKind.Unlimiformer);
        await using var tab = await Tab.OpenAsync(browser, server, "/ask");

        await tab.Page.Locator("[name=query]").FillAsync("Lily went to the sea and");
        await tab.Page.Locator("[name=tokens]").FillAsync("24");
        await tab.Get(AriaRole.Button, "Ask").ClickAsync();
        var answer = tab.Page.Locator(".answer");
        await Expect(answer).ToHaveAttributeAsync("data-state", "complete");

        Assert.NotEmpty((await answer.InnerTextAsync()).Trim());
        await Expect(tab.Page.Locator("#answer tbody tr").First).ToContainTextAsync("tale.md:");
        await Expect(tab.Page.Locator(".figures")).ToContainTextAsync("stories15m");
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task Without_the_memory_that_is_asked_for_the_page_says_what_to_do()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        server.Write("tale.md", "Once upon a time there was a little red boat.\n");
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/ask");

        await tab.Page.Locator("[name=query]").FillAsync("the boat");
        await tab.Get(AriaRole.Button, "Ask").ClickAsync();

        await Expect(tab.Page.Locator("#answer .error")).ToContainTextAsync("models install");
        Assert.Empty(tab.Wrongs);
    }
}
