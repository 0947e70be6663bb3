using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace McpLongContext.Server.Http;

/// <summary>
/// Ends the session that was idle for the longest time where more than <see cref="MostIdle"/> are, as if its client had
/// ended it: clients that vanish leave theirs behind. The SDK's own limit ends sessions that are in use, too.
/// </summary>
internal sealed class SessionLimit(RequestDelegate next, EndpointDataSource endpoints, IServiceScopeFactory scopes)
{
    /// <summary>Sessions that are kept without a request, some 40 KB each.</summary>
    public const int MostIdle = 512;

    private const string Header = "Mcp-Session-Id";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly LinkedList<Session> _idle = []; // the longest first

    /// <summary>Passes a request on.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments(HttpHost.ProtocolPath, StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }

        var named = context.Request.Headers[Header].ToString();
        Begin(named, context.User);
        try
        {
            await next(context);
            if (named.Length == 0)
            {
                // A new session is named by the answer.
                named = context.Response.Headers[Header].ToString();
                Begin(named, context.User);
            }
        }
        finally
        {
            End(named, context);
        }

        while (TryTakeExcess(out var excess))
        {
            await EndAsync(excess);
        }
    }

    private void Begin(string id, ClaimsPrincipal user)
    {
        if (id.Length == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (!_sessions.TryGetValue(id, out var session))
            {
                _sessions[id] = session = new Session(id, user);
            }
            else if (session.Requests == 0)
            {
                _idle.Remove(session.Place);
            }

            session.Requests++;
        }
    }

    private void End(string id, HttpContext context)
    {
        var status = context.Response.StatusCode;
        var isOver = HttpMethods.IsDelete(context.Request.Method) || status == StatusCodes.Status404NotFound;
        lock (_lock)
        {
            if (!_sessions.TryGetValue(id, out var session))
            {
                return;
            }

            session.Requests--;
            // A request that was refused says nothing: anybody may send any name.
            session.IsKnown = !isOver && (session.IsKnown || status < StatusCodes.Status400BadRequest);
            if (session.Requests > 0)
            {
                return;
            }

            if (session.IsKnown)
            {
                _idle.AddLast(session.Place);
            }
            else
            {
                _sessions.Remove(id);
            }
        }
    }

    private bool TryTakeExcess([NotNullWhen(true)] out Session? excess)
    {
        lock (_lock)
        {
            excess = _idle.Count > MostIdle ? _idle.First!.Value : null;
            if (excess is not null)
            {
                _idle.Remove(excess.Place);
                _sessions.Remove(excess.Id);
            }

            return excess is not null;
        }
    }

    /// <summary>Ends a session as its client would.</summary>
    private async Task EndAsync(Session session)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, User = session.User };
        context.Request.Method = HttpMethods.Delete;
        context.Request.Path = HttpHost.ProtocolPath;
        context.Request.Headers[Header] = session.Id;
        await Deletion().RequestDelegate!(context);
    }

    private Endpoint Deletion() =>
        endpoints.Endpoints.First(endpoint =>
            endpoint is RouteEndpoint { RoutePattern.RawText: { } path }
            && path.TrimEnd('/') == HttpHost.ProtocolPath
            && endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains(HttpMethods.Delete) == true
        );

    /// <summary>A session, and the requests that it answers at this moment.</summary>
    private sealed class Session
    {
        public Session(string id, ClaimsPrincipal user)
        {
            (Id, User) = (id, user);
            Place = new LinkedListNode<Session>(this);
        }

        public string Id { get; }

        public ClaimsPrincipal User { get; }

        public LinkedListNode<Session> Place { get; }

        public int Requests { get; set; }

        /// <summary>Whether the server has answered for it.</summary>
        public bool IsKnown { get; set; }
    }
}
