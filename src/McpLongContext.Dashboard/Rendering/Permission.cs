using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Dashboard.Visitors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace McpLongContext.Dashboard.Rendering;

/// <summary>
/// Refuses what the visitor has no permission for: pages by their <see cref="RequiredScope"/>, and datastores wherever a
/// request names one. Whether a datastore of others exists is not told.
/// </summary>
internal sealed class Permission : IEndpointFilter
{
    private const string RouteValue = "name";
    private const string Field = "datastore";

    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var visitor = http.RequestServices.GetRequiredService<Visitor>();
        var required = http.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>();
        if (required is null ? !visitor.IsOperator : !visitor.Access.Allows(required.Scope))
        {
            return View.Of<RefusalPage, string>(
                "The token does not permit this; sign in with another one.",
                StatusCodes.Status403Forbidden
            );
        }

        if (visitor.Access.Datastores.Count > 0)
        {
            var existing = http.RequestServices.GetRequiredService<DatastoreRegistry>().Names;
            foreach (var name in await NamedAsync(http.Request))
            {
                // An ingest makes the datastore.
                if (
                    !visitor.Access.Allows(name)
                    || (required?.Scope != Scopes.Ingest && !existing.Contains(name, StringComparer.Ordinal))
                )
                {
                    return View.Of<RefusalPage, string>(
                        $"The token gives access to no datastore '{name}'.",
                        StatusCodes.Status404NotFound
                    );
                }
            }
        }

        return await next(context);
    }

    private static async Task<IEnumerable<string>> NamedAsync(HttpRequest request)
    {
        var names = new List<string?>();
        if (request.RouteValues.TryGetValue(RouteValue, out var named))
        {
            names.Add((string?)named);
        }

        if (request.Query.TryGetValue(Field, out var asked))
        {
            names.Add(asked.ToString());
        }

        if (request.HasFormContentType && (await request.ReadFormAsync()).TryGetValue(Field, out var sent))
        {
            names.Add(sent.ToString());
        }

        return names.Select(name => name ?? "");
    }
}
