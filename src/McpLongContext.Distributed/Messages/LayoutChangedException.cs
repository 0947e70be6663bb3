namespace McpLongContext.Distributed.Messages;

/// <summary>The copies of a shard are others by now; a change is to be sent to those.</summary>
[GenerateSerializer]
public sealed class LayoutChangedException : Exception
{
    /// <summary>Creates it.</summary>
    public LayoutChangedException()
        : base("The copies of the shard have changed.") { }

    /// <summary>Says what changed.</summary>
    public LayoutChangedException(string message)
        : base(message) { }

    /// <summary>Says what changed, with the cause.</summary>
    public LayoutChangedException(string message, Exception cause)
        : base(message, cause) { }
}
