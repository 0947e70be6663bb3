using System.Security.Claims;
using McpLongContext.Context.Contracts;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Dashboard.SignIn;
using McpLongContext.Dashboard.Visitors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Server.Http;

/// <summary>The form that exchanges a token for a session, and the end of a session.</summary>
internal static class SignInEndpoints
{
    private const string Address = "/sign-in";

    /// <summary>Maps the form.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder pages)
    {
        pages
            .MapGet(Address, (string? next) => Form(next, refusal: "", StatusCodes.Status200OK))
            .Needs(Scopes.None)
            .AllowAnonymous();
        pages.MapPost(Address, SignInAsync).Needs(Scopes.None).AllowAnonymous();
        pages.MapPost("/sign-out", SignOut).Needs(Scopes.None);
    }

    /// <summary>The address of the form.</summary>
    /// <param name="next">The page that is shown after it.</param>
    public static string AddressOf(string next) => $"{Address}?next={Uri.EscapeDataString(next)}";

    private static async Task<IResult> SignInAsync(
        HttpContext context,
        HttpOptions http,
        SessionStore sessions,
        [FromForm] string? token,
        [FromForm] string? next
    )
    {
        context.Request.Headers.Authorization = $"{TokenAuthentication.SchemeName} {token?.Trim()}";
        var (user, end) = await UserOfAsync(context, http);
        if (user is null)
        {
            return Form(next, "The token is not accepted.", StatusCodes.Status400BadRequest);
        }

        if (Access.Of(user).Scopes == Scopes.None)
        {
            return Form(next, "The token has no scope of this server.", StatusCodes.Status400BadRequest);
        }

        context.Response.Cookies.Append(
            SessionAuthentication.CookieName,
            sessions.Begin(user, end),
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Strict,
                // A reverse proxy takes TLS off.
                Secure = context.Request.IsHttps || context.Request.Headers["X-Forwarded-Proto"] == "https",
                Path = "/",
            }
        );
        return Results.LocalRedirect(PageOf(next));
    }

    private static async Task<(ClaimsPrincipal? User, DateTimeOffset? End)> UserOfAsync(
        HttpContext context,
        HttpOptions http
    )
    {
        if (TokenAuthentication.Find(context.Request, http) is { } token)
        {
            return (TokenAuthentication.UserOf(token), null);
        }

        if (http.Issuer is null)
        {
            return (null, null);
        }

        var result = await context.AuthenticateAsync(IssuerAuthentication.SchemeName);
        return (result.Principal, result.Properties?.ExpiresUtc);
    }

    private static IResult SignOut(HttpContext context, SessionStore sessions)
    {
        if (context.Request.Cookies[SessionAuthentication.CookieName] is { } name)
        {
            sessions.End(name);
        }

        context.Response.Cookies.Delete(SessionAuthentication.CookieName);
        return Results.LocalRedirect(Address);
    }

    private static IResult Form(string? next, string refusal, int status) =>
        View.Of<SignInPage, SignInModel>(new(PageOf(next), refusal), status);

    /// <summary>A page of this server; the first one for any other address.</summary>
    private static string PageOf(string? next) => next is ['/', ..] && RedirectHttpResult.IsLocalUrl(next) ? next : "/";
}
