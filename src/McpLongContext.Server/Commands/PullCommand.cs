using System.CommandLine;
using System.Net.Http.Headers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Management;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Copies a datastore of a cluster to this machine, where it is asked offline.</summary>
internal sealed class PullCommand : ServiceCommand
{
    private readonly Argument<string> _url = new("URL")
    {
        Description = "Where a silo serves MCP, for example http://10.0.0.1:7420.",
    };

    private readonly Argument<string> _name = new("NAME") { Description = "The datastore." };

    private readonly Option<string?> _as = new("--as")
    {
        Description = "The name on this machine (default: the same).",
        HelpName = "NAME",
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = "The file of the token (default: $MCP_LONG_CONTEXT_TOKEN).",
        HelpName = "FILE",
    };

    public PullCommand(GlobalOptions global)
        : base("pull", "Copy a datastore of a cluster to this machine, embeddings included.", global)
    {
        Arguments.Add(_url);
        Arguments.Add(_name);
        Options.Add(_as);
        Options.Add(_tokenFile);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var name = call.Parsed.GetValue(_name)!;
        var file = ScratchFolder.NewPath(call.Get<LongContextOptions>().Home, call.Get<TimeProvider>());
        try
        {
            await DownloadAsync(AddressOf(call, name), TokenOf(call), file, cancellation);
            var summary = await call.Get<DatastoreManager>()
                .RestoreAsync(file, call.Parsed.GetValue(_as) ?? name, cancellation);
            await call.WriteAsync(summary, DatastoreText.Render);
            return CommandLine.Done;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private Uri AddressOf(Call call, string name)
    {
        var text = call.Parsed.GetValue(_url)!;
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? new Uri(new Uri(url.GetLeftPart(UriPartial.Authority)), $"backups/{Uri.EscapeDataString(name)}")
            : throw new ContextException($"URL: expected an address such as http://10.0.0.1:7420, found '{text}'.");
    }

    private string? TokenOf(Call call)
    {
        if (call.Parsed.GetValue(_tokenFile) is not { } file)
        {
            return Environment.GetEnvironmentVariable("MCP_LONG_CONTEXT_TOKEN");
        }

        var text = File.Exists(file)
            ? File.ReadAllText(file).Trim()
            : throw new ContextException($"--token-file: there is no file '{file}'.");
        return text.StartsWith('{')
            ? throw new ContextException($"--token-file: '{file}' has several tokens; name a file with yours alone.")
            : text;
    }

    private static async Task DownloadAsync(Uri address, string? token, string file, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = token is null
            ? null
            : new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                var reason = await response.Content.ReadAsStringAsync(cancellation);
                throw new ContextException(
                    $"pull: {address} answers {(int)response.StatusCode}: "
                        + (reason.Length > 0 ? reason : "check the address, the name and the token.")
                );
            }

            await using var target = File.Create(file);
            await response.Content.CopyToAsync(target, cancellation);
        }
        catch (HttpRequestException error)
        {
            throw new ContextException($"pull: {address} cannot be reached: {error.Message}", error);
        }
    }
}
