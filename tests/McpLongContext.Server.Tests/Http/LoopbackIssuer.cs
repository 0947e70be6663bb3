using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using McpLongContext.Tests.Shared;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace McpLongContext.Server.Tests.Http;

/// <summary>An issuer on this machine: its OpenID configuration, its keys, and the tokens that it signs.</summary>
internal sealed class LoopbackIssuer : LoopbackServer
{
    private RsaSecurityKey _key = NewKey();

    /// <summary>Whether connections end without an answer.</summary>
    public bool IsAway { get; set; }

    /// <summary>Exchanges the key; tokens of the former one are refused once the server has read the keys again.</summary>
    public void Rotate() => _key = NewKey();

    /// <summary>The claims of a token that is good for now.</summary>
    public Dictionary<string, object> Claims(string audience, string scope) =>
        new(StringComparer.Ordinal)
        {
            ["iss"] = Address,
            ["aud"] = audience,
            ["sub"] = "ann",
            ["scope"] = scope,
            ["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            ["exp"] = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeSeconds(),
        };

    /// <summary>Signs claims by the key of the issuer.</summary>
    public string Sign(IDictionary<string, object> claims) =>
        SignBy(new SigningCredentials(_key, SecurityAlgorithms.RsaSha256), claims);

    /// <summary>Signs claims by a key that the issuer does not have, under the name of the one that it has.</summary>
    public string SignByOtherKey(IDictionary<string, object> claims)
    {
        var key = NewKey();
        key.KeyId = _key.KeyId;
        return SignBy(new SigningCredentials(key, SecurityAlgorithms.RsaSha256), claims);
    }

    /// <summary>Signs claims by a shared secret that is the issuer's public key.</summary>
    public string SignByPublicKey(IDictionary<string, object> claims)
    {
        var secret = new SymmetricSecurityKey(_key.Rsa.ExportSubjectPublicKeyInfo()) { KeyId = _key.KeyId };
        return SignBy(new SigningCredentials(secret, SecurityAlgorithms.HmacSha256), claims);
    }

    /// <summary>A token without a signature.</summary>
    public static string Unsigned(IDictionary<string, object> claims) =>
        $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{Encode(JsonSerializer.Serialize(claims))}.";

    protected override Task AnswerAsync(string path, HttpListenerContext context) =>
        path switch
        {
            _ when IsAway => throw new HttpListenerException(503),
            "/.well-known/openid-configuration" => SendAsync(
                context,
                Json(new { issuer = Address, jwks_uri = Address + "/keys" }),
                "application/json"
            ),
            "/keys" => SendAsync(context, Json(new { keys = new[] { PublicKey() } }), "application/json"),
            _ => throw new HttpListenerException(404),
        };

    private object PublicKey()
    {
        var key = _key.Rsa.ExportParameters(includePrivateParameters: false);
        return new
        {
            kty = "RSA",
            use = "sig",
            alg = "RS256",
            kid = _key.KeyId,
            n = Base64UrlEncoder.Encode(key.Modulus),
            e = Base64UrlEncoder.Encode(key.Exponent),
        };
    }

    private static string SignBy(SigningCredentials credentials, IDictionary<string, object> claims) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            JsonSerializer.Serialize(claims),
            credentials
        );

    private static RsaSecurityKey NewKey() => new(RSA.Create(2048)) { KeyId = Guid.NewGuid().ToString("N") };

    private static string Encode(string text) => Base64UrlEncoder.Encode(Encoding.UTF8.GetBytes(text));

    private static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value);
}
