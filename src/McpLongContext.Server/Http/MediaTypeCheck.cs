using Microsoft.AspNetCore.Http;

namespace McpLongContext.Server.Http;

/// <summary>
/// Answers messages of the protocol that are not sent as JSON by status 415; the SDK fails on them.
/// </summary>
internal sealed class MediaTypeCheck(RequestDelegate next)
{
    /// <summary>Passes a request on, or answers it by a refusal.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (
            request.Path.StartsWithSegments(HttpHost.ProtocolPath, StringComparison.OrdinalIgnoreCase)
            && HttpMethods.IsPost(request.Method)
            && !request.HasJsonContentType()
        )
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Task.CompletedTask;
        }

        return next(context);
    }
}
