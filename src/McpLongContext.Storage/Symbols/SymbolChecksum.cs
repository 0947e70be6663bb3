using System.Text;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Storage.Symbols;

/// <summary>The checksum of a symbol's row: a flipped bit would otherwise become a wrong definition.</summary>
internal static class SymbolChecksum
{
    public static uint Of(Symbol symbol)
    {
        var state = Crc32C.Update(uint.MaxValue, symbol.Passage);
        state = Crc32C.Update(state, ((long)symbol.Line << 32) | (uint)symbol.Kind);
        state = Crc32C.Update(state, Encoding.UTF8.GetBytes(symbol.Name));
        return ~Crc32C.Update(state, Encoding.UTF8.GetBytes(symbol.Container));
    }
}
