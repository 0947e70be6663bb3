using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Server.Configuration;
using McpLongContext.Server.Http;

namespace McpLongContext.Server.Commands;

/// <summary>Serves HTTP on this machine alone, as <see cref="ServeCommand"/> does, and opens the dashboard.</summary>
internal sealed class DashboardCommand : Command
{
    private readonly GlobalOptions _global;

    private readonly Option<string?> _http = new("--http")
    {
        Description = $"The loopback address to serve at (default: {HttpAddress.Default}).",
        HelpName = "URL",
    };

    private readonly Option<bool> _noBrowser = new("--no-browser") { Description = "Open no browser." };

    public DashboardCommand(GlobalOptions global)
        : base("dashboard", "Serve on loopback and open the dashboard in the browser.")
    {
        _global = global;
        Options.Add(_http);
        Options.Add(_noBrowser);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            var configuration = Settings.Load();
            var options = _global.Validate(configuration, parsed) with { ResumeEncoding = true };
            _ = new AllowedRoots(options.AllowedRoots);
            var http = new HttpOptions
            {
                Address = HttpAddress.Parse(parsed.GetValue(_http)),
                AllowedHosts = HttpOptions.HostsOf(configuration),
            };
            if (!http.Address.IsLoopback)
            {
                throw new ContextException(
                    $"--http: {http.Address} is reached from other machines; the dashboard is served on loopback only, "
                        + $"for example at {HttpAddress.Default}."
                );
            }

            var host = HttpHost.Build(configuration, options, http);
            var protocol = await HttpHost.StartAsync(host, http.Address, cancellation);
            var page = new Uri(new Uri(protocol), "/");
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"Dashboard at {page}, MCP at {protocol}");
            if (!parsed.GetValue(_noBrowser))
            {
                Open(page);
            }

            await ServeCommand.WaitForEndAsync(host, cancellation);
            return CommandLine.Done;
        }
        catch (ContextException problem)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(VisibleText.Lines(problem.Message));
            return CommandLine.Failed;
        }
    }

    private static void Open(Uri page)
    {
        try
        {
            using var browser = Process.Start(new ProcessStartInfo(page.AbsoluteUri) { UseShellExecute = true });
        }
        catch (Win32Exception)
        {
            // No browser, as on a server: the address is written.
        }
    }
}
