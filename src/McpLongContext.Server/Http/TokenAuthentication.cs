using System.Security.Claims;
using System.Text.Encodings.Web;
using McpLongContext.Context.Contracts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
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

    /// <summary>The token that a request sends; none where it sends another one.</summary>
    public static BearerToken? Find(HttpRequest request, HttpOptions http) =>
        // All are compared, so that the time tells nothing.
        SecretOf(request) is { } secret
        && http.Tokens.Where(token => token.Matches(secret)).ToArray() is [var token]
            ? token
            : null;

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            SecretOf(Request) is null ? AuthenticateResult.NoResult()
            : Find(Request, http) is { } token
                ? AuthenticateResult.Success(new AuthenticationTicket(UserOf(token), SchemeName))
            : AuthenticateResult.Fail("The bearer token is unknown.")
        );

    private static string? SecretOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? header[Prefix.Length..].Trim() : null;
    }

    /// <summary>The user who has a token, with the claims that <see cref="Access.Of"/> reads.</summary>
    public static ClaimsPrincipal UserOf(BearerToken token) => new(new ClaimsIdentity(ClaimsOf(token), SchemeName));

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
