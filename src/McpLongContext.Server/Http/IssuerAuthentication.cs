using McpLongContext.Context.Contracts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;
using ModelContextProtocol.Authentication;

namespace McpLongContext.Server.Http;

/// <summary>
/// Authenticates clients by access tokens of an issuer, and tells them by metadata (RFC 9728) which issuer that is.
/// </summary>
internal static class IssuerAuthentication
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "Jwt";

    private const string MetadataPath = "/.well-known/oauth-protected-resource";

    private static readonly TimeSpan s_clockSkew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_issuerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How often tokens of unknown keys may make the server ask for new ones.</summary>
    private static readonly TimeSpan s_keyRefresh = TimeSpan.FromSeconds(30);

    /// <summary>Signatures whose keys are public; no client can make one with what the issuer publishes.</summary>
    private static readonly string[] s_algorithms =
    [
        SecurityAlgorithms.RsaSha256,
        SecurityAlgorithms.RsaSha384,
        SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256,
        SecurityAlgorithms.RsaSsaPssSha384,
        SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256,
        SecurityAlgorithms.EcdsaSha384,
        SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Adds the scheme, and the one that challenges clients with the address of the metadata.</summary>
    public static void AddIssuer(this AuthenticationBuilder authentication, TokenIssuer issuer)
    {
        // AddJwtBearer would read settings of its own, by a service that only AddAuthentication has.
        authentication.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<JwtBearerOptions>, JwtBearerPostConfigureOptions>()
        );
        // A key that the issuer has withdrawn ends at once, not an hour later.
        authentication.Services.PostConfigure<JwtBearerOptions>(
            SchemeName,
            jwt => ((BaseConfigurationManager)jwt.ConfigurationManager!).UseLastKnownGoodConfiguration = false
        );
        authentication
            .AddScheme<JwtBearerOptions, JwtBearerHandler>(SchemeName, jwt => Configure(jwt, issuer))
            .AddMcp(metadata =>
                metadata.ResourceMetadata = new ProtectedResourceMetadata
                {
                    Resource = issuer.Resource?.OriginalString,
                    ResourceName = "McpLongContext",
                    AuthorizationServers = [issuer.Url.OriginalString],
                    ScopesSupported = Access.Everything.ScopeNames.Split(' '),
                }
            );
    }

    private static void Configure(JwtBearerOptions jwt, TokenIssuer issuer)
    {
        jwt.Authority = issuer.Url.OriginalString;
        jwt.RequireHttpsMetadata = !issuer.Url.IsLoopback;
        jwt.BackchannelTimeout = s_issuerTimeout;
        jwt.RefreshInterval = s_keyRefresh;
        jwt.MapInboundClaims = false;
        jwt.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = issuer.Url.OriginalString,
            ValidAudience = issuer.Audience,
            ValidAlgorithms = s_algorithms,
            ClockSkew = s_clockSkew,
        };
        jwt.Events = new JwtBearerEvents
        {
            OnMessageReceived = context => RequireKeysAsync(context, issuer),
            OnTokenValidated = ReadClaims,
            OnAuthenticationFailed = context =>
            {
                LoggerOf(context.HttpContext)
                    .LogWarning("A token of {Issuer} was refused: {Reason}", issuer.Url, context.Exception.Message);
                return Task.CompletedTask;
            },
            OnForbidden = context =>
            {
                context.Response.Headers.Append(HeaderNames.WWWAuthenticate, LackOfScope(context.Request));
                return Task.CompletedTask;
            },
        };
    }

    // Without the keys every token would be refused, and clients would ask the issuer for others.
    private static async Task RequireKeysAsync(MessageReceivedContext context, TokenIssuer issuer)
    {
        if (context.Request.Headers.Authorization.Count == 0)
        {
            return;
        }

        try
        {
            await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
        }
        catch (InvalidOperationException error)
        {
            LoggerOf(context.HttpContext).LogError(error, "The keys of {Issuer} cannot be read", issuer.Url);
            throw new BadHttpRequestException(
                $"The keys of {issuer.Url} cannot be read.",
                StatusCodes.Status503ServiceUnavailable,
                error
            );
        }
    }

    private static Task ReadClaims(TokenValidatedContext context)
    {
        try
        {
            context.Principal = IssuerClaims.UserOf((JsonWebToken)context.SecurityToken, SchemeName);
        }
        catch (ContextException refusal)
        {
            LoggerOf(context.HttpContext).LogWarning("A token was refused: {Reason}", refusal.Message);
            context.Fail(refusal);
        }

        return Task.CompletedTask;
    }

    /// <summary>The challenge to ask the issuer for a token that permits something (RFC 6750, section 3.1).</summary>
    private static string LackOfScope(HttpRequest request) =>
        $"Bearer error=\"insufficient_scope\", scope=\"{Access.Everything.ScopeNames}\", "
        + $"resource_metadata=\"{request.Scheme}://{request.Host}{MetadataPath}{request.Path}\"";

    private static ILogger LoggerOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(IssuerAuthentication));
}
