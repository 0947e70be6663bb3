namespace McpLongContext.Bits;

/// <summary>Bits or coded bytes that are not of the form they should have; the message says where and why.</summary>
public sealed class BitFormatException : Exception
{
    /// <summary>Creates the exception with its message.</summary>
    public BitFormatException(string message)
        : base(message) { }
}
