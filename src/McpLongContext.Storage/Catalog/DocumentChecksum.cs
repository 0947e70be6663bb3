using System.Text;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Storage.Catalog;

/// <summary>
/// The checksum of a document's row. SQLite's pages carry none, and a flipped bit in a line number would otherwise
/// become a wrong citation.
/// </summary>
internal static class DocumentChecksum
{
    public static uint Of(Document document)
    {
        Span<byte> key = stackalloc byte[ContentKey.Size];
        document.ContentKey.CopyTo(key);
        var state = Crc32C.Update(uint.MaxValue, document.Id);
        state = Crc32C.Update(state, Encoding.UTF8.GetBytes(document.Path));
        state = Crc32C.Update(state, Encoding.UTF8.GetBytes(document.Kind));
        state = Crc32C.Update(state, key);
        state = Crc32C.Update(state, document.Bytes);
        state = Crc32C.Update(state, document.Modified.UtcTicks);
        state = Crc32C.Update(state, document.LineCount);
        state = Crc32C.Update(state, document.FirstPassage);
        return ~Crc32C.Update(state, document.PassageCount);
    }
}
