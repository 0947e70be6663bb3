using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>A client of Streamable HTTP on bare requests, with connections of its own that it can drop.</summary>
internal sealed class HttpSession(Uri url) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http = new() { Timeout = s_patience };
    private string? _session;
    private int _nextId;

    /// <summary>Calls a tool.</summary>
    /// <param name="tool">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="id">Told the id of the request before it is sent.</param>
    /// <param name="cancellation">Drops the connection.</param>
    /// <returns>The whole answer: a result, an error of the tool or of the protocol.</returns>
    public Task<JsonNode> CallAsync(
        string tool,
        JsonObject arguments,
        Action<string>? id = null,
        CancellationToken cancellation = default
    ) => RequestAsync("tools/call", new JsonObject { ["name"] = tool, ["arguments"] = arguments }, id, cancellation);

    /// <summary>Sends a request and waits for its answer.</summary>
    public Task<JsonNode> RequestAsync(string method, JsonObject parameters) =>
        RequestAsync(method, parameters, id: null, CancellationToken.None);

    /// <summary>Sends a notification.</summary>
    public async Task NotifyAsync(string method, JsonObject parameters)
    {
        using var answer = await SendAsync(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["method"] = method,
                ["params"] = parameters,
            },
            CancellationToken.None
        );
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The content of a page.</summary>
    public Task<string> GetAsync(Uri page) => _http.GetStringAsync(page);

    /// <summary>Ends the session.</summary>
    public async Task EndAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, url);
        request.Headers.Add("Mcp-Session-Id", _session);
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> RequestAsync(
        string method,
        JsonObject parameters,
        Action<string>? id,
        CancellationToken cancellation
    )
    {
        var name = $"http-{Interlocked.Increment(ref _nextId)}";
        id?.Invoke(name);
        using var answer = await SendAsync(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = name,
                ["method"] = method,
                ["params"] = parameters,
            },
            cancellation
        );
        answer.EnsureSuccessStatusCode();
        if (answer.Headers.TryGetValues("Mcp-Session-Id", out var session))
        {
            _session = session.Single();
        }

        // One event a message: progress, then the answer.
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (
                line.StartsWith("data: {", StringComparison.Ordinal)
                && JsonNode.Parse(line["data: ".Length..]) is { } message
                && message["id"]?.ToString() == name
            )
            {
                return message;
            }
        }

        throw new IOException("The server ended the stream without an answer.");
    }

    private async Task<HttpResponseMessage> SendAsync(JsonObject message, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new StringContent(message.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (_session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", _session);
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }
}
