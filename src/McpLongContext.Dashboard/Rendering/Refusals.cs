using McpLongContext.Context.Contracts;
using McpLongContext.Inference;
using McpLongContext.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Rendering;

/// <summary>Shows what a user can fix as a page that says it.</summary>
internal sealed class Refusals : IEndpointFilter
{
    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception refusal) when (IsFixable(refusal))
        {
            return View.Of<RefusalPage, string>(refusal.Message, StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>Whether the message of an exception tells a user what to do.</summary>
    public static bool IsFixable(Exception error) => error is ContextException or DatastoreException or ModelException;

    /// <summary>The message for the page on the error that ended some work; a defect is logged, too.</summary>
    public static string Say(Exception error, ILogger logger)
    {
        if (IsFixable(error) || error is OperationCanceledException)
        {
            return error.Message;
        }

        logger.LogError(error, "Work that was begun in the dashboard failed");
        return $"{error.Message} The log says more.";
    }
}
