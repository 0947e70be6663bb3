using Microsoft.Playwright;

namespace McpLongContext.Dashboard.Tests.Infrastructure;

/// <summary>A tab that keeps what a page must never do: report an error, or ask another server for something.</summary>
internal sealed class Tab : IAsyncDisposable
{
    private readonly IBrowserContext _window;
    private readonly Uri _server;
    private readonly List<string> _wrongs = [];

    private Tab(IBrowserContext window, IPage page, Uri server)
    {
        (_window, Page, _server) = (window, page, server);
        page.SetDefaultTimeout(60_000);
        page.Console += (_, message) =>
        {
            // Refused forms are shown by a page with status 400, which the browser reports as an error, too.
            if (message.Type == "error" && !message.Text.Contains("400 (Bad Request)", StringComparison.Ordinal))
            {
                _wrongs.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _wrongs.Add(error);
        page.Dialog += (_, dialog) => _wrongs.Add($"dialog: {dialog.Message}");
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url).Authority != _server.Authority)
            {
                _wrongs.Add($"request: {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>The forbidden acts of the pages.</summary>
    public IReadOnlyList<string> Wrongs => _wrongs;

    /// <summary>Opens a page.</summary>
    /// <param name="browser">The browser.</param>
    /// <param name="server">The server.</param>
    /// <param name="path">The path of the page.</param>
    /// <param name="width">The width of the window, in CSS pixels.</param>
    /// <param name="colors">Light or dark.</param>
    /// <param name="bypassPolicy">Whether scripts of the test may run in the page.</param>
    public static async Task<Tab> OpenAsync(
        Browser browser,
        DashboardServer server,
        string path = "/",
        int width = 1280,
        ColorScheme colors = ColorScheme.Light,
        bool bypassPolicy = false
    )
    {
        var window = await browser.OpenAsync(
            new BrowserNewContextOptions
            {
                ViewportSize = new ViewportSize { Width = width, Height = 800 },
                ColorScheme = colors,
                BypassCSP = bypassPolicy,
            }
        );
        var tab = new Tab(window, await window.NewPageAsync(), server.Address);
        await tab.GoAsync(path);
        return tab;
    }

    public Task GoAsync(string path) => Page.GotoAsync(new Uri(_server, path).AbsoluteUri);

    /// <summary>The element of a role and a name.</summary>
    public ILocator Get(AriaRole role, string name) => Page.GetByRole(role, new PageGetByRoleOptions { Name = name });

    public async ValueTask DisposeAsync() => await _window.CloseAsync();
}
