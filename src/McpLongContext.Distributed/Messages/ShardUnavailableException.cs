namespace McpLongContext.Distributed.Messages;

/// <summary>A shard cannot answer now; another copy of it may.</summary>
[GenerateSerializer]
public sealed class ShardUnavailableException : Exception
{
    /// <summary>Creates it.</summary>
    public ShardUnavailableException() { }

    /// <summary>Says why.</summary>
    public ShardUnavailableException(string message)
        : base(message) { }

    /// <summary>Says why, with the cause.</summary>
    public ShardUnavailableException(string message, Exception cause)
        : base(message, cause) { }
}
