using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace McpLongContext.Tests.Shared;

/// <summary>An HTTP server on this machine, for one test.</summary>
internal abstract class LoopbackServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _loop;

    protected LoopbackServer()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Prefixes.Add($"http://localhost:{Port}/");
        _listener.Start();
        _loop = ServeAsync();
    }

    public int Port { get; }

    public string Address => $"http://127.0.0.1:{Port}";

    /// <summary>All requests so far: path, range and authorization.</summary>
    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Cancelled when the server stops: what a handler that never answers waits for.</summary>
    protected CancellationToken Stopped => _stopped.Token;

    protected abstract Task AnswerAsync(string path, HttpListenerContext context);

    protected static async Task SendAsync(HttpListenerContext context, byte[] content, string? type = null)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength64 = content.Length;
        await context.Response.OutputStream.WriteAsync(content);
        context.Response.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Close();
        await _loop;
        _stopped.Dispose();
    }

    private async Task ServeAsync()
    {
        var answers = new List<Task>();
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                break;
            }

            answers.Add(AnswerAsync(context));
        }

        await Task.WhenAll(answers);
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var headers = context.Request.Headers;
        var path = Uri.UnescapeDataString(context.Request.RawUrl!);
        Requests.Enqueue(
            new Request(path, headers["Range"], headers["Authorization"], context.Request.UserHostName.Split(':')[0])
        );
        try
        {
            await AnswerAsync(path, context);
        }
        catch (Exception e) when (e is HttpListenerException or IOException or OperationCanceledException)
        {
            context.Response.Abort(); // the client has gone, or the test is over
        }
        catch (ObjectDisposedException) when (Stopped.IsCancellationRequested)
        {
            // Asked while the test ended: the listener has taken the response with it.
        }
    }

    internal sealed record Request(string Path, string? Range, string? Authorization, string Host)
    {
        public bool Asks(string folder) => Path.StartsWith(folder, StringComparison.Ordinal);
    }
}
