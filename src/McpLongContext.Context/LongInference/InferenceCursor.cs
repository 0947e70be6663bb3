using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.LongInference;

/// <summary>Where a long inference continues. It belongs to one request over unchanged texts.</summary>
/// <param name="Document">The document, from 0.</param>
/// <param name="Window">The window in it, from 0.</param>
/// <param name="Request">Identifies request and texts.</param>
internal readonly record struct InferenceCursor(int Document, int Window, ulong Request)
{
    private const int Bytes = sizeof(int) + sizeof(int) + sizeof(ulong);

    /// <summary>Where a request continues; at the beginning without a cursor.</summary>
    /// <param name="cursor">The request's cursor.</param>
    /// <param name="request">Identifies request and texts.</param>
    /// <exception cref="ContextException">The cursor is not one of this request.</exception>
    public static InferenceCursor Of(string? cursor, ulong request)
    {
        if (cursor is null)
        {
            return new InferenceCursor(0, 0, request);
        }

        Span<byte> bytes = stackalloc byte[Bytes];
        if (
            cursor.Length > 2 * Bytes
            || !Base64Url.IsValid(cursor, out var length)
            || length != Bytes
            || !Base64Url.TryDecodeFromChars(cursor, bytes, out _)
        )
        {
            throw new ContextException(
                "cursor: not one that infer_long returned. Pass next_cursor back unchanged, or leave it out."
            );
        }

        var found = new InferenceCursor(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[(2 * sizeof(int))..])
        );
        return found.Request == request && found is { Document: >= 0, Window: >= 0 }
            ? found
            : throw new ContextException(
                "cursor: it belongs to another request, or the documents have changed since. "
                    + "Repeat the request that returned it with all its arguments, or leave the cursor out."
            );
    }

    /// <summary>A number that only equal parts have.</summary>
    public static ulong Identify(IEnumerable<string> parts)
    {
        var identity = string.Concat(parts.Select(part => $"{part.Length}:{part}"));
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }

    /// <inheritdoc />
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Document);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[sizeof(int)..], Window);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(2 * sizeof(int))..], Request);
        return Base64Url.EncodeToString(bytes);
    }
}
