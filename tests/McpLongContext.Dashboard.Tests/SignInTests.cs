using Deque.AxeCore.Playwright;
using McpLongContext.Context.Contracts;
using McpLongContext.Dashboard.Tests.Infrastructure;
using McpLongContext.Server.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace McpLongContext.Dashboard.Tests;

public sealed class SignInTests(Browser browser)
{
    private const string Reader = "cmVhZGVyLW9mLXRoZS10ZXN0cw==";
    private const string Operator = "b3BlcmF0b3Itb2YtdGhlLXRlc3Rz";

    [Fact]
    public async Task A_reader_signs_in_sees_the_datastores_of_the_token_and_signs_out()
    {
        await using var server = await StartAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/datastores/wells");

        await tab.Page.GetByLabel("Token").FillAsync("d3JvbmctdG9rZW4tb2YtdGhlLXRlc3Rz");
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Page.Locator("#refusal")).ToContainTextAsync("not accepted");
        await tab.Page.GetByLabel("Token").FillAsync(Reader);
        await tab.Page.Keyboard.PressAsync("Enter");

        await Expect(tab.Get(AriaRole.Heading, "wells").First).ToBeVisibleAsync();
        await Expect(tab.Page.GetByText("Maintenance")).ToHaveCountAsync(0);
        await Expect(tab.Get(AriaRole.Link, "Settings")).ToHaveCountAsync(0);
        await tab.Get(AriaRole.Link, "Datastores").ClickAsync();
        await Expect(tab.Page.Locator("#table")).ToContainTextAsync("wells");
        await Expect(tab.Page.Locator("#table")).Not.ToContainTextAsync("payroll");
        await Expect(tab.Get(AriaRole.Button, "Ingest")).ToHaveCountAsync(0);
        await tab.GoAsync("/datastores/payroll");
        await Expect(tab.Page.Locator(".error:visible")).ToContainTextAsync("no datastore 'payroll'");

        await tab.Get(AriaRole.Button, "Sign out").ClickAsync();
        await tab.GoAsync("/");
        await Expect(tab.Page.GetByLabel("Token")).ToBeVisibleAsync();
        Assert.Empty(await tab.Page.Context.CookiesAsync());
        Assert.All(tab.Wrongs, wrong => Assert.Contains("404 (Not Found)", wrong, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_operator_removes_a_datastore()
    {
        await using var server = await StartAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/datastores/payroll");
        await tab.Page.GetByLabel("Token").FillAsync(Operator);
        await tab.Page.Keyboard.PressAsync("Enter");

        await tab.Page.GetByText("Remove…").ClickAsync();
        await tab.Get(AriaRole.Button, "Remove the datastore").ClickAsync();

        await Expect(tab.Page.Locator("#table")).Not.ToContainTextAsync("payroll");
        await Expect(tab.Get(AriaRole.Link, "Settings")).ToBeVisibleAsync();
        Assert.Empty(tab.Wrongs);
    }

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    public async Task Axe_finds_no_violation_in_the_form(int width, ColorScheme colors)
    {
        await using var server = await StartAsync();
        await using var tab = await Tab.OpenAsync(browser, server, "/", width, colors, bypassPolicy: true);

        Assert.Empty((await tab.Page.RunAxe()).Violations);
        Assert.InRange(await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, width);
    }

    private static async Task<DashboardServer> StartAsync()
    {
        var server = await DashboardServer.StartAsync(
            encoder: false,
            BearerToken.Of(Reader, "reader", new Access(Scopes.Read, ["wells"], []))!,
            BearerToken.Of(Operator)!
        );
        server.Write("wells.md", "The pump was replaced.\n");
        await server.IngestAsync("wells");
        await server.IngestAsync("payroll");
        return server;
    }
}
