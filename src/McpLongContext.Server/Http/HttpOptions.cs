using System.Threading.RateLimiting;
using McpLongContext.Context.Contracts;
using Microsoft.Extensions.Configuration;

namespace McpLongContext.Server.Http;

/// <summary>How the server serves HTTP. Validated once, never changed.</summary>
internal sealed record HttpOptions
{
    /// <summary>The address that the server listens on.</summary>
    public required HttpAddress Address { get; init; }

    /// <summary>The bearer tokens of which every client must send one; empty where none is needed.</summary>
    public IReadOnlyList<BearerToken> Tokens { get; init; } = [];

    /// <summary>The issuer whose access tokens are accepted, too; <see langword="null"/> for none.</summary>
    public TokenIssuer? Issuer { get; init; }

    /// <summary>Whether every request needs a token.</summary>
    public bool NeedsToken => Tokens.Count > 0 || Issuer is not null;

    /// <summary>The requests that each token may send.</summary>
    public TokenBucketRateLimiterOptions Rate { get; init; } =
        new()
        {
            TokenLimit = 600,
            TokensPerPeriod = 100,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        };

    /// <summary>Names under which clients reach the server, beside those of <see cref="Address"/>.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The names under which clients reach the server, of the settings.</summary>
    public static IReadOnlyList<string> HostsOf(IConfiguration configuration) =>
        [.. configuration.GetSection("http:allowed_hosts").GetChildren().Select(host => host.Value ?? "")];

    /// <summary>Validates the settings.</summary>
    /// <param name="configuration">File and environment; <c>token</c> and the section <c>http</c>.</param>
    /// <param name="address">The address of the command line.</param>
    /// <param name="tokenFile">The file of the token, of the command line.</param>
    /// <exception cref="ContextException">A setting is none, or an address needs a token and there is none.</exception>
    public static HttpOptions Validate(IConfiguration configuration, string? address, string? tokenFile)
    {
        var options = new HttpOptions
        {
            Address = HttpAddress.Parse(address),
            Tokens =
                tokenFile is not null ? TokenFile.Load(tokenFile)
                : BearerToken.Of(configuration["token"]) is { } token ? [token]
                : [],
            Issuer = TokenIssuer.Of(configuration),
            AllowedHosts = HostsOf(configuration),
        };
        return options.Address.IsLoopback || options.NeedsToken
            ? options
            : throw new ContextException(
                $"--http: {options.Address} is reached from other machines, so clients need a token; write one into a "
                    + "file and name it with --token-file FILE, set MCP_LONG_CONTEXT_TOKEN, or name an issuer (http:issuer)."
            );
    }
}
