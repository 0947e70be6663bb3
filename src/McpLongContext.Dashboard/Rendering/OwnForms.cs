using Microsoft.AspNetCore.Http;

namespace McpLongContext.Dashboard.Rendering;

/// <summary>
/// Refuses what changes something unless a page of this server sent it: browsers name the origin of every form.
/// </summary>
internal sealed class OwnForms : IEndpointFilter
{
    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        return HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || IsOwn(request)
            ? await next(context)
            : Results.Text("Only a form of the dashboard may do this.", statusCode: StatusCodes.Status403Forbidden);
    }

    // A reverse proxy takes the scheme off.
    private static bool IsOwn(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
        && string.Equals(origin.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
}
