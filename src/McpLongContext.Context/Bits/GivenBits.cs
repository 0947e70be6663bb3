using System.Security.Cryptography;
using McpLongContext.Bits;
using McpLongContext.Bits.Streams;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Bits;

/// <summary>The bytes that bits in a request stand for.</summary>
internal sealed class GivenBits : IBitSource
{
    private readonly byte[] _bytes;

    /// <summary>Reads bits.</summary>
    /// <param name="text">The characters 0 and 1.</param>
    /// <param name="parity">Whether a parity bit follows each byte.</param>
    /// <exception cref="ContextException">Something else is there, or no whole bytes, or wrong parity.</exception>
    public GivenBits(string text, bool parity)
    {
        try
        {
            _bytes = ByteBits.ToBytes(ByteBits.Parse(text), parity);
        }
        catch (BitFormatException error)
        {
            throw new ContextException($"bits: {error.Message}", error);
        }

        if (_bytes.Length == 0)
        {
            throw new ContextException("bits: there are none; give the characters 0 and 1, or a file.");
        }

        Key = Convert.ToHexString(SHA256.HashData(_bytes));
    }

    /// <inheritdoc/>
    public string Path => "bits";

    /// <inheritdoc/>
    public string Key { get; }

    /// <inheritdoc/>
    public long Length => _bytes.Length;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes) => _bytes.AsSpan((int)offset, bytes.Length).CopyTo(bytes);

    public void Dispose() { }
}
