using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpLongContext.Server.Http;

/// <summary>
/// Refuses requests that a web page of another site makes a browser send. A page whose name resolves to this machine
/// (DNS rebinding) shows in the header <c>Host</c>, any other page in <c>Origin</c> or, where it only embeds what it gets,
/// in <c>Sec-Fetch-Site</c>; programs send neither. A link that is followed is no embedding and passes.
/// </summary>
internal sealed class OriginCheck(RequestDelegate next, HttpOptions options)
{
    private const string OtherSite = "Web pages of other sites have no access.";

    private static readonly string[] s_loopback = ["localhost", "127.0.0.1", "[::1]"];

    // Under any address there are as many names as the network gives; the token that is needed there is the protection.
    private readonly bool _takesAnyHost =
        options.AllowedHosts.Count == 0
        && (IPAddress.Any.Equals(options.Address.Ip) || IPAddress.IPv6Any.Equals(options.Address.Ip));

    private readonly HashSet<string> _hosts = new(
        [
            .. options.AllowedHosts,
            new Uri(options.Address.ToString()).Host,
            .. options.Address.IsLoopback ? s_loopback : [],
            .. options.Issuer?.Resource is { } resource ? [resource.Host] : (string[])[],
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Passes a request on, or answers it by a refusal.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var host = context.Request.Host;
        if (!_takesAnyHost && !_hosts.Contains(host.Host))
        {
            return RefuseAsync(
                context,
                StatusCodes.Status421MisdirectedRequest,
                $"Host '{host}' is not a name of this server; add it to http:allowed_hosts."
            );
        }

        var headers = context.Request.Headers;
        if (headers["Sec-Fetch-Site"] == "cross-site" && headers["Sec-Fetch-Mode"] != "navigate")
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, OtherSite);
        }

        var origins = headers[HeaderNames.Origin];
        return origins.Count == 0 || (origins.Count == 1 && IsOurs(origins[0], host))
            ? next(context)
            : RefuseAsync(context, StatusCodes.Status403Forbidden, OtherSite);
    }

    /// <summary>Whether an origin is this server under one of its names.</summary>
    private bool IsOurs(string? origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (
            uri.Authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase)
            || (_hosts.Contains(uri.Host) && uri.Port == (host.Port ?? uri.Port))
        );

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error = reason }, context.RequestAborted);
    }
}
