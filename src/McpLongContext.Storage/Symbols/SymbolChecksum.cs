using System.Text;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Storage.Symbols;

/// <summary>The checksum of a symbol's row: a flipped bit would otherwise become a wrong definition.</summary>
internal static class SymbolChecksum
{
    public static uint Of(Symbol symbol) =>
        Of(
            symbol.Passage,
            symbol.Line,
            symbol.Kind,
            Encoding.UTF8.GetBytes(symbol.Name),
            Encoding.UTF8.GetBytes(symbol.Container)
        );

    public static uint Of(
        long passage,
        int line,
        SymbolKind kind,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> container
    )
    {
        var state = Crc32C.Update(uint.MaxValue, passage);
        state = Crc32C.Update(state, ((long)line << 32) | (uint)kind);
        state = Crc32C.Update(state, name);
        return ~Crc32C.Update(state, container);
    }
}
