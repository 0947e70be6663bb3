using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed class ProofTests(Browser browser)
{
    [Fact]
    public async Task Questions_with_their_documents_are_measured_beside_plain_text_search()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Write("wells.md", "# Wells\n\nThe pump of the north well was replaced in May.\n");
        server.Write("roads.md", "# Roads\n\nThe bridge is closed for repairs, and the pump station road with it.\n");
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/proof");

        await tab.Page.Locator("[name=queries]").FillAsync("nothing");
        await tab.Get(AriaRole.Button, "Measure").ClickAsync();
        await Expect(tab.Page.Locator("#refusal")).ToContainTextAsync("expected QUESTION => PATH");
        await tab
            .Page.Locator("[name=queries]")
            .FillAsync(
                "when was the pump replaced? => wells.md\nwhich bridge is closed? => roads.md\nwhat is missing? => none.md"
            );
        await tab.Get(AriaRole.Button, "Measure").ClickAsync();
        await Expect(tab.Page.Locator("#measures")).ToHaveAttributeAsync("data-state", "complete");

        var rows = tab.Page.Locator("#measures tbody tr");
        await Expect(rows).ToHaveCountAsync(5);
        await Expect(rows.First.Locator("td").First).ToHaveTextAsync("67%");
        await Expect(rows.Last).ToContainTextAsync("Plain text search");
        await Expect(tab.Page.GetByText("none.md not found")).ToBeHiddenAsync();
        Assert.Empty(tab.Wrongs);
    }

    [Fact]
    public async Task Questions_are_drawn_from_documentation_comments()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        server.Write(
            "Pump.cs",
            "namespace Wells;\n\n/// <summary>Moves water from the well to the tank. Slowly.</summary>\npublic class Pump { }\n"
        );
        await server.IngestAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/proof");

        await tab.Get(AriaRole.Button, "Draw questions").ClickAsync();

        await Expect(tab.Page.Locator("[name=queries]"))
            .ToHaveValueAsync("Moves water from the well to the tank => Pump.cs");
        Assert.Empty(tab.Wrongs);
    }
}
