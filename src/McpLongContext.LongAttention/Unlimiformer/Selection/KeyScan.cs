using System.Buffers;
using System.Numerics.Tensors;
using McpLongContext.Kernels.Products;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The products of queries with the keys of a plane, read where they lie, a tile at a time. Positions are left out.
/// Parts may be scanned by different threads; RAM use does not grow with the number of tokens.
/// </summary>
/// <param name="memory">The texts.</param>
/// <param name="plane">The plane of the keys.</param>
/// <param name="queries">[count, headDim].</param>
/// <param name="count">How many queries.</param>
/// <param name="scale">The factor of the products.</param>
internal sealed class KeyScan(ITokenMemory memory, int plane, ReadOnlySpan<float> queries, int count, float scale)
{
    /// <summary>Tokens that are multiplied together: decoded, they stay in the second-level cache.</summary>
    private const int TileTokens = 256;

    /// <summary>Tokens that a thread takes at a time.</summary>
    private const int PartTokens = 16 * TileTokens;

    private readonly int _width = queries.Length / count;
    private readonly PackedMatrix _packed = PackedMatrix.Pack(queries, count, queries.Length / count);

    /// <summary>Takes the products of a tile.</summary>
    /// <param name="firstToken">The tile's first token, counted from the start of its text.</param>
    /// <param name="scores">[tokens, queries]; may be overwritten.</param>
    public delegate void TileAction(int firstToken, Span<float> scores);

    /// <summary>The parts of the token memory, in its order.</summary>
    public IReadOnlyList<Part> Parts { get; } = PartsOf(memory);

    /// <summary>Scans a part.</summary>
    /// <param name="part">One of <see cref="Parts"/>.</param>
    /// <param name="action">Is given each tile, in order.</param>
    public void ForEachTile(Part part, TileAction action)
    {
        var decoded = ArrayPool<float>.Shared.Rent(TileTokens * _width);
        var scores = ArrayPool<float>.Shared.Rent(TileTokens * count);
        try
        {
            for (var start = 0; start < part.Count; start += TileTokens)
            {
                var tokens = Math.Min(TileTokens, part.Count - start);
                var first = part.First + start;
                var keys = decoded.AsSpan(0, tokens * _width);
                var tile = scores.AsSpan(0, tokens * count);
                var codes = part.Block.Codes(plane, first, tokens);
                var scales = part.Block.Scales(plane, first, tokens);
                TensorPrimitives.ConvertTruncating(codes, keys);
                for (var token = 0; token < tokens; token++)
                {
                    var key = keys.Slice(token * _width, _width);
                    TensorPrimitives.Multiply(key, scales[token] * scale, key);
                }

                MatrixProduct.Multiply(keys, _packed, bias: [], tile);
                action(part.BlockStart + first, tile);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(decoded);
            ArrayPool<float>.Shared.Return(scores);
            // Blocks may be views of mapped files, which live as long as their token memory.
            GC.KeepAlive(memory);
        }
    }

    private static List<Part> PartsOf(ITokenMemory memory)
    {
        var parts = new List<Part>();
        for (var text = 0; text < memory.Texts.Count; text++)
        {
            var start = 0;
            foreach (var block in memory.Texts[text].Blocks)
            {
                for (var first = 0; first < block.Tokens; first += PartTokens)
                {
                    parts.Add(new Part(text, start, block, first, Math.Min(PartTokens, block.Tokens - first)));
                }

                start += block.Tokens;
            }
        }

        return parts;
    }

    /// <summary>Tokens of one block.</summary>
    /// <param name="Text">The text, counted from 0.</param>
    /// <param name="BlockStart">The block's first token, counted from the start of the text.</param>
    /// <param name="Block">The block.</param>
    /// <param name="First">The part's first token, counted from the start of the block.</param>
    /// <param name="Count">How many.</param>
    public sealed record Part(int Text, int BlockStart, IKeyBlock Block, int First, int Count);
}
