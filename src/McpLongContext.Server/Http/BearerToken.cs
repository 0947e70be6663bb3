using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Http;

/// <summary>A secret that a client sends with every request; only its hash is kept.</summary>
internal sealed class BearerToken
{
    /// <summary>Characters of a token, at least: 16 random bytes in base64.</summary>
    private const int ShortestLength = 22;

    private readonly byte[] _hash;

    private BearerToken(string secret) => _hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>The token of a text; none of an empty one.</summary>
    /// <exception cref="ContextException">The token could be guessed, or cannot be sent.</exception>
    public static BearerToken? Of(string? text)
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
            ? new BearerToken(secret)
            : throw new ContextException(
                "token: letters, digits and - . _ ~ + / = are allowed, and no others (RFC 6750)."
            );
    }

    /// <summary>The token in a file.</summary>
    /// <exception cref="ContextException">The file cannot be read, or holds no token.</exception>
    public static BearerToken Load(string file)
    {
        try
        {
            return Of(File.ReadAllText(file))
                ?? throw new ContextException($"--token-file: {file} is empty; write a token into it.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ContextException($"--token-file: {error.Message}", error);
        }
    }

    /// <summary>Whether a client sent this token; takes the same time whatever it sent.</summary>
    public bool Matches(string sent) =>
        CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.UTF8.GetBytes(sent)));
}
