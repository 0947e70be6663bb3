namespace McpLongContext.Bits.Streams;

/// <summary>The forms in which bits can be kept.</summary>
public enum BitForm
{
    /// <summary>Eight bits to a byte.</summary>
    Packed,

    /// <summary>Runs of equal bits.</summary>
    RunLength,

    /// <summary>Packed, then DEFLATE (RFC 1951).</summary>
    Deflate,
}
