using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Http;

/// <summary>A secret that a client sends with every request, and its permissions; only a hash of it is kept.</summary>
internal sealed class BearerToken
{
    /// <summary>Characters of a token, at least: 16 random bytes in base64.</summary>
    private const int ShortestLength = 22;

    private readonly byte[] _hash;

    private BearerToken(string secret, string name, Access access)
    {
        _hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
        Name = name;
        Access = access;
    }

    /// <summary>The name of who has the token.</summary>
    public string Name { get; }

    /// <summary>The permissions of who has the token.</summary>
    public Access Access { get; }

    /// <summary>The token of a text, which permits everything; none of an empty one.</summary>
    /// <exception cref="ContextException">The token could be guessed, or cannot be sent.</exception>
    public static BearerToken? Of(string? text) => Of(text, "token", Access.Everything);

    /// <summary>The token of a text; none of an empty one.</summary>
    /// <exception cref="ContextException">The token could be guessed, or cannot be sent.</exception>
    public static BearerToken? Of(string? text, string name, Access access)
    {
        var secret = text?.Trim();
        if (string.IsNullOrEmpty(secret))
        {
            return null;
        }

        if (secret.Length < ShortestLength)
        {
            throw new ContextException(
                $"token: {secret.Length} characters can be guessed; use {ShortestLength} or more random ones, for "
                    + "example of openssl rand -base64 32."
            );
        }

        return secret.All(letter => char.IsAsciiLetterOrDigit(letter) || "-._~+/=".Contains(letter))
            ? new BearerToken(secret, name, access)
            : throw new ContextException(
                "token: letters, digits and - . _ ~ + / = are allowed, and no others (RFC 6750)."
            );
    }

    /// <summary>Whether a client sent this token; takes the same time whatever it sent.</summary>
    public bool Matches(string sent) =>
        CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.UTF8.GetBytes(sent)));
}
