using McpLongContext.Context.Contracts;
using Microsoft.AspNetCore.Builder;

namespace McpLongContext.Dashboard.Visitors;

/// <summary>The scope that a page needs; one without is for operators.</summary>
/// <param name="Scope">The scope.</param>
internal sealed record RequiredScope(Scopes Scope);

/// <summary>Says which scope a page needs.</summary>
internal static class RequiredScopeExtensions
{
    /// <summary>Lets visitors with a scope see a page.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder page, Scopes scope)
        where TBuilder : IEndpointConventionBuilder => page.WithMetadata(new RequiredScope(scope));
}
