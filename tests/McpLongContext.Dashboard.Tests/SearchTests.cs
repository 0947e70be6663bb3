using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed class SearchTests(Browser browser)
{
    private const string Wells =
        "# Wells\n\nThe pump of the north well was replaced in May.\n\n# Roads\n\nThe bridge is closed for repairs.\n";

    [Fact]
    public async Task A_question_gets_ranked_evidence_with_scores_and_a_heat_map_of_its_tokens()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("wells.md", Wells);
        server.Write("other.md", "# Tax\n\nThe tax of the year is due in June.\n");
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/search");

        await tab.Page.GetByLabel("Question").FillAsync("when was the pump replaced?");
        await tab.Page.Keyboard.PressAsync("Enter");
        var first = tab.Page.Locator(".evidence").First;
        await Expect(first.Locator("h3")).ToContainTextAsync("wells.md:");
        await Expect(first.Locator(".marked").First).ToContainTextAsync("pump of the north well");
        await first.GetByText("Why").ClickAsync();
        var cells = first.Locator("td.number");
        await Expect(cells.Nth(0)).Not.ToHaveTextAsync("–");
        await Expect(cells.Nth(2)).Not.ToHaveTextAsync("–");
        await first.GetByText("Token alignment").First.ClickAsync();
        await tab.Page.Locator("[data-term]").Filter(new() { HasText = "pump" }).ClickAsync();

        Assert.True(await LevelOf("pump") > await LevelOf("May"));
        await Expect(tab.Page.Locator("[data-term][aria-pressed=true]")).ToContainTextAsync("pump");
        Assert.Empty(tab.Wrongs);

        // The class is heat-0 to heat-6.
        async Task<char> LevelOf(string word) =>
            (await first.Locator($".heat:text-is('{word}')").First.GetAttributeAsync("class"))![^1];
    }

    [Fact]
    public async Task The_same_question_is_answered_by_two_settings_side_by_side()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("wells.md", Wells);
        server.Write("roads.txt", "The pump station road is closed.\n");
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/search");

        await tab.Page.GetByLabel("Question").FillAsync("pump");
        await tab.Page.GetByLabel("Compare").CheckAsync();
        await tab.Page.Locator("[name=path2]").FillAsync("*.txt");
        await tab.Page.Locator("[name=signal2]").SelectOptionAsync("TokenEmbedding");
        await tab.Get(AriaRole.Button, "Ask").ClickAsync();

        await Expect(tab.Page.Locator(".side")).ToHaveCountAsync(2);
        await Expect(tab.Page.Locator(".side").Nth(0)).ToContainTextAsync("wells.md");
        await Expect(tab.Page.Locator(".side").Nth(1)).ToContainTextAsync("roads.txt");
        await Expect(tab.Page.Locator(".side").Nth(1)).Not.ToContainTextAsync("wells.md");
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task The_text_of_a_document_is_never_markup_and_never_reordered()
    {
        const string Hostile =
            "pump</code></pre><script>document.title='owned';alert(1)</script>"
            + "<img src=\"http://example.com/x.png\" onerror=\"alert(2)\"><b id=\"hostile\">bold</b> \u202Edne eht\u202C \u2066x\u2069\n";
        await using var server = await DashboardServer.StartAsync();
        server.Write("<b id=\"hostile\">name</b>".Replace("/", "", StringComparison.Ordinal) + ".md", Hostile);
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/search?q=pump&datastore=default");

        foreach (
            var path in (string[])
                ["/search?q=pump%3Cscript%3Ealert(3)%3C/script%3E&datastore=default", "/datastores/default"]
        )
        {
            await tab.GoAsync(path);
            await Expect(tab.Page.Locator("main")).ToContainTextAsync("<b id=\"hostile\">");
            await Expect(tab.Page.Locator("#hostile, main script, main img")).ToHaveCountAsync(0);
        }

        await tab.Page.Locator("#list tbody a").ClickAsync();
        await Expect(tab.Page.Locator(".line").First).ToContainTextAsync("</pre><script>");
        await Expect(tab.Page.Locator("#hostile, main script, main img")).ToHaveCountAsync(0);
        var shown = await tab.Page.Locator("main").InnerTextAsync();
        Assert.DoesNotContain(shown, c => c is '\u202E' or '\u202C' or '\u2066' or '\u2069');
        Assert.NotEqual("owned", await tab.Page.TitleAsync());
        Assert.Empty(tab.Wrongs);
    }
}
