using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McpLongContext.Server.Http;

/// <summary>Authenticates a browser by the cookie of its session, for pages only: the protocol takes no cookie.</summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logging,
    UrlEncoder encoder,
    SessionStore sessions
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logging, encoder)
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "Session";

    /// <summary>The name of the cookie.</summary>
    public const string CookieName = "mcp-long-context-session";

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            Request.Cookies[CookieName] is not { } name ? AuthenticateResult.NoResult()
            : sessions.Find(name) is { } user ? AuthenticateResult.Success(new AuthenticationTicket(user, SchemeName))
            : AuthenticateResult.Fail("The session has ended.")
        );

    /// <summary>Sends a page to the form that takes a token; parts of a page are told that there is no session.</summary>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (
            HttpMethods.IsGet(Request.Method)
            && Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        )
        {
            Response.Redirect(SignInEndpoints.AddressOf(Request.Path + Request.QueryString));
            return Task.CompletedTask;
        }

        return base.HandleChallengeAsync(properties);
    }
}
