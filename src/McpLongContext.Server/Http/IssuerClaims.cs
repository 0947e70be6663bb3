using System.Security.Claims;
using System.Text.Json;
using McpLongContext.Context.Contracts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace McpLongContext.Server.Http;

/// <summary>The permissions in the claims of a validated token of an issuer, as a token file would give them.</summary>
internal static class IssuerClaims
{
    /// <summary>Claims that name who has a token: a user, or a program without one.</summary>
    private static readonly string[] s_names = ["sub", "client_id", "azp"];

    /// <summary>The user of a token, with the claims that <see cref="Access.Of"/> reads.</summary>
    /// <exception cref="ContextException">A claim is missing or malformed.</exception>
    public static ClaimsPrincipal UserOf(JsonWebToken token, string scheme)
    {
        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        var claims = payload.RootElement;
        var name =
            s_names.SelectMany(claim => ListOf(claims, claim)).FirstOrDefault()
            ?? throw new ContextException("sub: missing; the token names neither a user nor a client.");
        return new ClaimsPrincipal(
            new ClaimsIdentity(
                [
                    // A name of the token file never has a space.
                    new(ClaimTypes.NameIdentifier, $"{token.Issuer} {name}"),
                    .. ClaimsOf(Access.ScopeClaim),
                    .. ClaimsOf(Access.DatastoreClaim),
                    .. ClaimsOf(Access.RootClaim),
                ],
                scheme
            )
        );

        IEnumerable<Claim> ClaimsOf(string type) => ListOf(claims, type).Select(value => new Claim(type, value));
    }

    // An empty list would mean all, the opposite of what it says.
    private static List<string> ListOf(JsonElement claims, string name)
    {
        if (!claims.TryGetProperty(name, out var claim))
        {
            return [];
        }

        var values = claim.ValueKind switch
        {
            JsonValueKind.String => [claim],
            JsonValueKind.Array => claim.EnumerateArray().ToList(),
            _ => [],
        };
        return values.Count > 0 && values.TrueForAll(IsName)
            ? values.ConvertAll(value => value.GetString()!)
            : throw new ContextException($"{name}: the claim is neither a text nor a list of texts.");
    }

    private static bool IsName(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(value.GetString());
}
