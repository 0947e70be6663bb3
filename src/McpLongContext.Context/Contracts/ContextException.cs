namespace McpLongContext.Context.Contracts;

/// <summary>
/// A request that cannot be done as asked. The message names the argument, the value found and the remedy, and is
/// shown to the user as it stands; everything else that is thrown is a defect.
/// </summary>
public class ContextException : Exception
{
    /// <summary>Creates the exception with its message.</summary>
    public ContextException(string message)
        : base(message) { }

    /// <summary>Creates the exception with its message and cause.</summary>
    public ContextException(string message, Exception innerException)
        : base(message, innerException) { }
}
