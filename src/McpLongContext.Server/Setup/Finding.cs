namespace McpLongContext.Server.Setup;

/// <summary>The result of one check of the installation.</summary>
/// <param name="Check">The part that was checked.</param>
/// <param name="Severity">Whether something has to be done.</param>
/// <param name="Message">The state of the part, and what to do.</param>
internal sealed record Finding(string Check, Severity Severity, string Message);

/// <summary>Whether something has to be done.</summary>
internal enum Severity
{
    /// <summary>Nothing has to be done.</summary>
    Ok,

    /// <summary>Something does not work as well as it could.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Error,
}
