using Microsoft.AspNetCore.Http;

namespace McpLongContext.Server.Http;

/// <summary>Answers messages that are not sent as JSON by status 415; the SDK fails on them.</summary>
internal sealed class MediaTypeCheck(RequestDelegate next)
{
    /// <summary>Passes a request on, or answers it by a refusal.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method) && !context.Request.HasJsonContentType())
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Task.CompletedTask;
        }

        return next(context);
    }
}
