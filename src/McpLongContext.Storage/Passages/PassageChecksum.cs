using McpLongContext.Kernels.Buffers;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Passages;

/// <summary>
/// The checksum of a passage's row. SQLite's pages carry none, and a flipped bit in a text or a line number would
/// otherwise become a wrong citation.
/// </summary>
internal static class PassageChecksum
{
    /// <summary>Of a row of the columns id, document_id, start_line, end_line, text, context.</summary>
    public static uint Of(Statement row) =>
        Of(row.Int64(0), row.Int64(1), row.Int32(2), row.Int32(3), row.Bytes(4), row.Bytes(5));

    public static uint Of(
        long id,
        long documentId,
        int startLine,
        int endLine,
        ReadOnlySpan<byte> text,
        ReadOnlySpan<byte> context
    )
    {
        var state = Crc32C.Update(uint.MaxValue, id);
        state = Crc32C.Update(state, documentId);
        state = Crc32C.Update(state, ((long)startLine << 32) | (uint)endLine);
        state = Crc32C.Update(state, text.Length);
        state = Crc32C.Update(state, text);
        return ~Crc32C.Update(state, context);
    }
}
