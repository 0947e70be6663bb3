using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>
/// A datastore keeps nothing yet that could be read from token memory; the message says how to get it.
/// </summary>
public sealed class MemoryEmptyException : ContextException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The problem and the remedy.</param>
    public MemoryEmptyException(string message)
        : base(message) { }
}
