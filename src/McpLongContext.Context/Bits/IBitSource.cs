namespace McpLongContext.Context.Bits;

/// <summary>Bytes to be read as bits, any part of them at any time.</summary>
internal interface IBitSource : IDisposable
{
    /// <summary>The name that reports show.</summary>
    public string Path { get; }

    /// <summary>Names the content.</summary>
    public string Key { get; }

    /// <summary>How many bytes.</summary>
    public long Length { get; }

    /// <summary>Reads bytes. May be called by several threads.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="bytes">Filled whole.</param>
    public void Read(long offset, Span<byte> bytes);
}
