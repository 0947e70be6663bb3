using McpLongContext.Dashboard.Tests.Infrastructure;
using Microsoft.Playwright;

// One browser and one server at a time: each uses all cores.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Browser))]

namespace McpLongContext.Dashboard.Tests.Infrastructure;

/// <summary>The browser of all tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private Chromium? _chromium;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(60_000);
        _chromium = await Chromium.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.ConnectOverCDPAsync(_chromium.Endpoint);
    }

    /// <summary>A window of its own, without the cookies and storage of others.</summary>
    /// <param name="options">Its size and colors.</param>
    public Task<IBrowserContext> OpenAsync(BrowserNewContextOptions? options = null) =>
        _browser!.NewContextAsync(options ?? new BrowserNewContextOptions());

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
        _chromium?.Dispose();
    }
}
