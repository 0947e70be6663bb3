namespace McpLongContext.Inference;

/// <summary>
/// A model cannot be found, fetched, verified, installed, removed or used. The message says what, why and what to do.
/// </summary>
public sealed class ModelException : Exception
{
    /// <summary>Creates the exception with its message.</summary>
    public ModelException(string message)
        : base(message) { }

    /// <summary>Creates the exception with its message and cause.</summary>
    public ModelException(string message, Exception innerException)
        : base(message, innerException) { }
}
