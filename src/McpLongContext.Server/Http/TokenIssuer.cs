using McpLongContext.Context.Contracts;
using Microsoft.Extensions.Configuration;

namespace McpLongContext.Server.Http;

/// <summary>An authorization server whose access tokens (JWT, RFC 9068) permit what their claims say.</summary>
/// <param name="Url">The issuer, as the claim <c>iss</c> has it; its OpenID configuration names its keys.</param>
/// <param name="Audience">
/// The name of this server in the claim <c>aud</c>; best the URL under which clients reach the protocol (RFC 8707).
/// </param>
internal sealed record TokenIssuer(Uri Url, string Audience)
{
    private const string IssuerKey = "http:issuer";
    private const string AudienceKey = "http:audience";

    /// <summary>The URL under which clients reach the protocol, where the audience is one.</summary>
    public Uri? Resource { get; } = Uri.TryCreate(Audience, UriKind.Absolute, out var url) && IsOfWeb(url) ? url : null;

    /// <summary>The issuer of the settings; none where they name none.</summary>
    /// <exception cref="ContextException">The settings name no audience, or an issuer that cannot be trusted.</exception>
    public static TokenIssuer? Of(IConfiguration configuration)
    {
        var (issuer, audience) = (configuration[IssuerKey], configuration[AudienceKey]);
        if (string.IsNullOrWhiteSpace(issuer))
        {
            return string.IsNullOrWhiteSpace(audience)
                ? null
                : throw new ContextException($"{IssuerKey}: missing, and {AudienceKey} is set; name the issuer's URL.");
        }

        if (string.IsNullOrWhiteSpace(audience))
        {
            throw new ContextException(
                $"{AudienceKey}: missing, and {IssuerKey} is set; name what the issuer writes into the claim 'aud' for "
                    + "this server, best its URL, for example https://mcp.example.com/mcp."
            );
        }

        return
            Uri.TryCreate(issuer, UriKind.Absolute, out var url)
            && IsOfWeb(url)
            && (url.Scheme == Uri.UriSchemeHttps || url.IsLoopback)
            ? new TokenIssuer(url, audience)
            : throw new ContextException(
                $"{IssuerKey}: '{issuer}' is not an https URL, so that its keys could be exchanged on the way; http is "
                    + "allowed on this machine only."
            );
    }

    private static bool IsOfWeb(Uri url) => url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp;
}
