using System.Security.Claims;
using McpLongContext.Context.Contracts;
using Microsoft.AspNetCore.Http;

namespace McpLongContext.Dashboard.Visitors;

/// <summary>Who looks at a page: one with a session, or where there are no tokens, anybody on this machine.</summary>
internal sealed class Visitor(IHttpContextAccessor http)
{
    private readonly ClaimsPrincipal? _user = http.HttpContext?.User;

    /// <summary>The permissions.</summary>
    public Access Access => Access.Of(_user);

    /// <summary>The name of who has the token; empty where there are no tokens.</summary>
    public string Name => _user?.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";

    /// <summary>Whether there is a session to end.</summary>
    public bool IsSignedIn => _user?.Identity?.IsAuthenticated == true;

    /// <summary>Whether pages that concern the whole server are permitted, beside those of datastores.</summary>
    public bool IsOperator => Access.IsOperator;

    /// <summary>The names that the visitor may see.</summary>
    public IReadOnlyList<string> See(IEnumerable<string> datastores) => [.. datastores.Where(Access.Allows)];
}
