using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Where the next page begins. It belongs to one question about one state of a datastore: ranks of another question or
/// state would repeat or skip evidence.
/// </summary>
/// <param name="Offset">The number of ranked passages on the pages before.</param>
/// <param name="Generation">The datastore's generation that they were ranked in.</param>
/// <param name="Request">Identifies question, datastore and filter.</param>
internal readonly record struct Cursor(int Offset, long Generation, ulong Request)
{
    private const int Bytes = sizeof(int) + sizeof(long) + sizeof(ulong);

    /// <summary>The first page of a request.</summary>
    public static Cursor First(QueryRequest request, long generation) => new(0, generation, Identify(request));

    /// <summary>The page that a request asks for.</summary>
    /// <exception cref="ContextException">The cursor is not one of this request, or the datastore has
    /// changed.</exception>
    public static Cursor Of(QueryRequest request, long generation)
    {
        var first = First(request, generation);
        if (request.Cursor is null)
        {
            return first;
        }

        if (!TryRead(request.Cursor, out var cursor))
        {
            throw new ContextException(
                "cursor is not one that a query returned. Pass next_cursor back unchanged, or leave it out."
            );
        }

        if (cursor.Request != first.Request)
        {
            throw new ContextException(
                "cursor belongs to another question, datastore or path_glob. "
                    + "Repeat the request that returned it, or leave the cursor out."
            );
        }

        return cursor.Generation == generation
            ? cursor
            : throw new ContextException(
                $"cursor is out of date: datastore '{request.Datastore}' has changed since. "
                    + "Ask again without the cursor."
            );
    }

    /// <inheritdoc />
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(int)..], Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(sizeof(int) + sizeof(long))..], Request);
        return Base64Url.EncodeToString(bytes);
    }

    private static bool TryRead(string text, out Cursor cursor)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        cursor = default;
        if (
            text.Length > 2 * Bytes
            || !Base64Url.IsValid(text, out var length)
            || length != Bytes
            || !Base64Url.TryDecodeFromChars(text, bytes, out _)
        )
        {
            return false;
        }

        cursor = new Cursor(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[sizeof(int)..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[(sizeof(int) + sizeof(long))..])
        );
        return cursor.Offset >= 0;
    }

    private static ulong Identify(QueryRequest request)
    {
        var identity = $"{request.Datastore}\0{request.PathGlob}\0{request.Question}";
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }
}
