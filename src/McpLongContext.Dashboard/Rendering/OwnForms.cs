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
        var own = $"{request.Scheme}://{request.Host}";
        return
            HttpMethods.IsGet(request.Method)
            || HttpMethods.IsHead(request.Method)
            || string.Equals(request.Headers.Origin, own, StringComparison.OrdinalIgnoreCase)
            ? await next(context)
            : Results.Text("Only a form of the dashboard may do this.", statusCode: StatusCodes.Status403Forbidden);
    }
}
