using System.Security.Claims;
using System.Threading.RateLimiting;
using McpLongContext.Context.Contracts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.AspNetCore.Authentication;

namespace McpLongContext.Server.Http;

/// <summary>Who may send requests, and how many.</summary>
internal static class HttpAccess
{
    /// <summary>Adds authentication by tokens, of which every request needs one where there are any.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, HttpOptions http)
    {
        // AddAuthentication would add keys for cookies, and write them to the user's folder.
        services
            .AddAuthenticationCore(schemes =>
            {
                schemes.DefaultScheme = TokenAuthentication.SchemeName;
                schemes.DefaultChallengeScheme = http.Issuer is null
                    ? TokenAuthentication.SchemeName
                    : McpAuthenticationDefaults.AuthenticationScheme;
                schemes.DefaultForbidScheme = TokenAuthentication.SchemeName;
            })
            .AddWebEncoders();
        var authentication = new AuthenticationBuilder(services).AddScheme<
            AuthenticationSchemeOptions,
            TokenAuthentication
        >(
            TokenAuthentication.SchemeName,
            tokens =>
            {
                if (http.Issuer is not null)
                {
                    tokens.ForwardDefaultSelector = context =>
                        context.Request.Headers.Authorization.Count == 0
                        || TokenAuthentication.Find(context.Request, http) is not null
                            ? null
                            : IssuerAuthentication.SchemeName;
                }
            }
        );
        authentication.AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(
            SessionAuthentication.SchemeName,
            configureOptions: null
        );
        services.AddSingleton<SessionStore>();
        if (http.Issuer is { } issuer)
        {
            authentication.AddIssuer(issuer);
        }

        return services.AddAuthorization(authorization =>
        {
            if (http.NeedsToken)
            {
                authorization.FallbackPolicy = new AuthorizationPolicyBuilder()
                    .RequireAuthenticatedUser()
                    .RequireAssertion(context => Access.Of(context.User).Scopes != Scopes.None)
                    .Build();
            }
        });
    }

    /// <summary>Requires a session for pages, and adds the form that begins one.</summary>
    public static void RequireSession(this RouteGroupBuilder pages)
    {
        pages.RequireAuthorization(policy =>
            policy.AddAuthenticationSchemes(SessionAuthentication.SchemeName).RequireAuthenticatedUser()
        );
        pages.MapSignIn();
    }

    /// <summary>Limits the requests of each token, so that none takes the server from the others.</summary>
    public static IServiceCollection AddRateLimits(this IServiceCollection services, HttpOptions http) =>
        services.AddRateLimiter(limits =>
        {
            limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limits.OnRejected = (context, _) =>
            {
                context.HttpContext.Response.Headers.RetryAfter = "1";
                return ValueTask.CompletedTask;
            };
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
                context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } name
                    ? RateLimitPartition.GetTokenBucketLimiter(name, _ => http.Rate)
                    : RateLimitPartition.GetNoLimiter("")
            );
        });

    /// <summary>
    /// Gives requests to the public name of the server the scheme of its public URL, which a reverse proxy has taken off:
    /// clients compare the addresses that they are told with it.
    /// </summary>
    public static void UsePublicScheme(this IApplicationBuilder application, HttpOptions http)
    {
        if (http.Issuer?.Resource is { } resource)
        {
            application.Use(
                (context, next) =>
                {
                    if (resource.Authority.Equals(context.Request.Host.Value, StringComparison.OrdinalIgnoreCase))
                    {
                        context.Request.Scheme = resource.Scheme;
                    }

                    return next(context);
                }
            );
        }
    }
}
