using System.Buffers.Binary;

namespace McpLongContext.Storage.Catalog;

/// <summary>
/// Names what is encoded: a 256-bit hash, computed by the caller, of a content and of how it was split. Documents
/// with equal keys share their token embeddings, so a renamed file is not encoded again.
/// </summary>
public readonly record struct ContentKey
{
    /// <summary>The length of the hash in bytes.</summary>
    public const int Size = 32;

    private readonly UInt128 _low;
    private readonly UInt128 _high;

    /// <summary>Takes the <see cref="Size"/> bytes of a hash, such as SHA-256.</summary>
    /// <exception cref="ArgumentException">The hash has another length.</exception>
    public ContentKey(ReadOnlySpan<byte> hash)
    {
        if (hash.Length != Size)
        {
            throw new ArgumentException($"A content key has {Size} bytes, not {hash.Length}.", nameof(hash));
        }

        _low = BinaryPrimitives.ReadUInt128LittleEndian(hash);
        _high = BinaryPrimitives.ReadUInt128LittleEndian(hash[16..]);
    }

    /// <summary>
    /// The key that a row of the database has; of a damaged one with another length the empty key, which no content
    /// has.
    /// </summary>
    internal static ContentKey Stored(ReadOnlySpan<byte> row) => row.Length == Size ? new ContentKey(row) : default;

    /// <summary>Writes the hash into the first <see cref="Size"/> bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(destination, _low);
        BinaryPrimitives.WriteUInt128LittleEndian(destination[16..], _high);
    }

    /// <summary>The hash in hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
