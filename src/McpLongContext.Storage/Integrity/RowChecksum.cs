using System.Text;
using McpLongContext.Kernels;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Integrity;

/// <summary>
/// Checksums of table rows. SQLite's pages carry none, and a flipped bit in a text or a line number would otherwise
/// become a wrong citation.
/// </summary>
internal static class RowChecksum
{
    public static uint Of(Document document)
    {
        Span<byte> key = stackalloc byte[ContentKey.Size];
        document.ContentKey.CopyTo(key);
        uint state = Crc32C.Update(uint.MaxValue, document.Id);
        state = Crc32C.Update(state, Encoding.UTF8.GetBytes(document.Path));
        state = Crc32C.Update(state, Encoding.UTF8.GetBytes(document.Kind));
        state = Crc32C.Update(state, key);
        state = Crc32C.Update(state, document.Bytes);
        state = Crc32C.Update(state, document.Modified.UtcTicks);
        state = Crc32C.Update(state, document.LineCount);
        state = Crc32C.Update(state, document.FirstPassage);
        return ~Crc32C.Update(state, document.PassageCount);
    }

    /// <summary>Of a row of the columns id, document_id, start_line, end_line, text, context.</summary>
    public static uint OfPassage(Statement row) =>
        OfPassage(row.Int64(0), row.Int64(1), row.Int32(2), row.Int32(3), row.Bytes(4), row.Bytes(5));

    public static uint OfPassage(
        long id,
        long documentId,
        int startLine,
        int endLine,
        ReadOnlySpan<byte> text,
        ReadOnlySpan<byte> context
    )
    {
        uint state = Crc32C.Update(uint.MaxValue, id);
        state = Crc32C.Update(state, documentId);
        state = Crc32C.Update(state, ((long)startLine << 32) | (uint)endLine);
        state = Crc32C.Update(state, text.Length);
        state = Crc32C.Update(state, text);
        return ~Crc32C.Update(state, context);
    }
}
