using System.Security.Claims;
using System.Text.Encodings.Web;
using McpLongContext.Server.Protocol;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace McpLongContext.Server.Http;

/// <summary>Authenticates a client by the bearer token of its request (RFC 6750).</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logging,
    UrlEncoder encoder,
    HttpOptions http
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logging, encoder)
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "Bearer";

    private const string Prefix = SchemeName + " ";

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var secret = header[Prefix.Length..].Trim();
        // All are compared, so that the time tells nothing.
        var found = http.Tokens.Where(token => token.Matches(secret)).ToArray();
        if (found is not [var token])
        {
            return Task.FromResult(AuthenticateResult.Fail("The bearer token is unknown."));
        }

        var identity = new ClaimsIdentity(ClaimsOf(token), SchemeName);
        var ticket = new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName);
        return Task.FromResult(AuthenticateResult.Success(ticket));
    }

    private static IEnumerable<Claim> ClaimsOf(BearerToken token) =>
        [
            new(ClaimTypes.NameIdentifier, token.Name),
            new(Access.ScopeClaim, token.Access.ScopeNames),
            .. token.Access.Datastores.Select(name => new Claim(Access.DatastoreClaim, name)),
            .. token.Access.Roots.Select(root => new Claim(Access.RootClaim, root)),
        ];

    /// <inheritdoc/>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await base.HandleChallengeAsync(properties);
        Response.Headers[HeaderNames.WWWAuthenticate] = SchemeName;
    }
}
