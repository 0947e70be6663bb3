using McpLongContext.Context.Contracts;
using McpLongContext.Inference;
using McpLongContext.Storage;

namespace McpLongContext.Server.Output;

/// <summary>Tells errors that a user can fix from defects: their messages say what, where and what to do.</summary>
internal static class UserError
{
    public static bool Is(Exception error) => error is ContextException or DatastoreException or ModelException;
}
