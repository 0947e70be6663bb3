using McpLongContext.Context.Contracts;
using McpLongContext.Dashboard.Visitors;
using McpLongContext.Inference;
using McpLongContext.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
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
            var visitor = context.HttpContext.RequestServices.GetRequiredService<Visitor>();
            return View.Of<RefusalPage, string>(visitor.Access.MessageOf(refusal), StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>Whether the message of an exception tells a user what to do.</summary>
    public static bool IsFixable(Exception error) => error is ContextException or DatastoreException or ModelException;

    /// <summary>The text of a page for the error that ended some work; one that nobody can fix is logged, too.</summary>
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
