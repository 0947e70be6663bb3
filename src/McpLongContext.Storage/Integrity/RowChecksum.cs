using System.Text;
using McpLongContext.Storage.Catalog;

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
