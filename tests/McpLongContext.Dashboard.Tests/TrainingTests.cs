using McpLongContext.Dashboard.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed class TrainingTests(Browser browser)
{
    [Fact]
    public async Task The_metrics_of_a_training_are_figures_plots_and_gates()
    {
        await using var server = await DashboardServer.StartAsync(encoder: false);
        await using var tab = await Tab.OpenAsync(browser, server, "/training");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("There is no training");
        server.WriteHome(
            "training/stories15m-infini-linear/metrics.jsonl",
            """
            {"step":1,"level":0,"answer_loss":4.5,"language_loss":2.1,"seconds":1,"processor_seconds":2}
            {"step":25,"level":2,"held_out":{"1024":0.9,"4096":0.5},"gates":[[0.1,0.9],[0.4,0.6]],"seconds":60,"processor_seconds":100}
            {"step":26,"level":2,"answer_loss":0.25,"language_loss":2.0,"seconds":61,"processor_seconds":101}
            {"step":27,"lev
            """
        );

        await tab.GoAsync("/training");

        await Expect(tab.Page.Locator(".figures")).ToContainTextAsync("0.250");
        await Expect(tab.Page.Locator(".figures")).ToContainTextAsync("Recall at 4,096 tokens");
        await Expect(tab.Page.Locator("td.heat").First).ToHaveTextAsync("0.10");
        await Expect(tab.Page.Locator("img")).ToHaveCountAsync(3);
        foreach (var image in await tab.Page.Locator("img").AllAsync())
        {
            await image.ScrollIntoViewIfNeededAsync();
            using var client = new HttpClient { BaseAddress = server.Address };
            var svg = await client.GetStringAsync(
                await image.GetAttributeAsync("src"),
                TestContext.Current.CancellationToken
            );
            Assert.Contains("<svg", svg, StringComparison.Ordinal);
        }

        Assert.Empty(tab.Wrongs);
    }
}
