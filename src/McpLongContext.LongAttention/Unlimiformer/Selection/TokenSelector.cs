using System.Buffers;
using System.Numerics.Tensors;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>A token and its score.</summary>
/// <param name="Text">The text, counted from 0.</param>
/// <param name="Token">The token, counted from the text's start.</param>
/// <param name="Score">Higher is better.</param>
public readonly record struct TokenHit(int Text, int Token, float Score);

/// <summary>
/// The tokens of a memory that a question attends to most: score(t) = sum_q w_q softmax_t(scale q . k_t), the softmax over
/// all tokens of all texts, positions left out.
/// </summary>
/// <remarks>
/// Two passes over the keys, where they lie: the first finds the sum under each softmax, the second the scores, of which
/// only the best are kept. Memory does not grow with the number of tokens.
/// </remarks>
public static class TokenSelector
{
    /// <summary>Tokens that are multiplied together: decoded, they stay in the second-level cache.</summary>
    private const int TileTokens = 256;

    /// <summary>Tokens that a thread takes at a time.</summary>
    private const int PartTokens = 16 * TileTokens;

    /// <summary>Finds the best tokens, best first; equal ones in the order of the memory.</summary>
    /// <param name="memory">The texts.</param>
    /// <param name="query">What to score by.</param>
    /// <param name="count">How many to give at most.</param>
    /// <param name="team">Computes.</param>
    /// <param name="cancellation">Ends the scan between parts.</param>
    public static IReadOnlyList<TokenHit> Select(
        ITokenMemory memory,
        SelectionQuery query,
        int count,
        WorkerTeam team,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(team);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var parts = PartsOf(memory);
        if (parts.Count == 0)
            return [];
        var scan = new Scan(query, memory, cancellation);

        var sums = new SoftmaxSums[parts.Count];
        team.Run(parts.Count, part => sums[part] = scan.Sum(parts[part]));
        cancellation.ThrowIfCancellationRequested();
        var logarithms = scan.Merge(sums);

        var best = new List<TokenHit>[parts.Count];
        team.Run(parts.Count, part => best[part] = scan.Best(parts[part], logarithms, count));
        cancellation.ThrowIfCancellationRequested();
        return
        [
            .. best.SelectMany(hits => hits)
                .OrderByDescending(hit => hit.Score)
                .ThenBy(hit => hit.Text)
                .ThenBy(hit => hit.Token)
                .Take(count),
        ];
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
                    parts.Add(new Part(text, start, block, first, Math.Min(PartTokens, block.Tokens - first)));
                start += block.Tokens;
            }
        }

        return parts;
    }

    /// <summary>Tokens of one block, which begins at a token of its text.</summary>
    private sealed record Part(int Text, int BlockStart, IKeyBlock Block, int First, int Count);

    /// <summary>For each query, the largest score so far and the sum of e^(score - largest).</summary>
    private sealed class SoftmaxSums
    {
        private readonly float[] _scratch;

        public SoftmaxSums(int queries)
        {
            Largest = new float[queries];
            Sums = new float[queries];
            _scratch = new float[queries];
            Array.Fill(Largest, float.MinValue);
        }

        public float[] Largest { get; }

        public float[] Sums { get; }

        /// <summary>Adds scores, [tokens, queries].</summary>
        public void Add(Span<float> scores)
        {
            Largest.CopyTo(_scratch, 0);
            for (var row = scores; !row.IsEmpty; row = row[Largest.Length..])
                TensorPrimitives.Max(Largest, row[..Largest.Length], Largest);
            TensorPrimitives.Subtract(_scratch, Largest, _scratch);
            TensorPrimitives.Exp<float>(_scratch, _scratch);
            TensorPrimitives.Multiply(Sums, _scratch, Sums);
            for (; !scores.IsEmpty; scores = scores[Largest.Length..])
            {
                var row = scores[..Largest.Length];
                TensorPrimitives.Subtract(row, Largest, row);
                TensorPrimitives.Exp(row, row);
                TensorPrimitives.Add(Sums, row, Sums);
            }
        }
    }

    private sealed class Scan(SelectionQuery query, ITokenMemory memory, CancellationToken cancellation)
    {
        private readonly int _count = query.Weights.Length;
        private readonly int _width = query.Queries.Length / query.Weights.Length;
        private readonly PackedMatrix _packed = PackedMatrix.Pack(
            query.Queries,
            query.Weights.Length,
            query.Queries.Length / query.Weights.Length
        );

        public SoftmaxSums Sum(Part part)
        {
            var sums = new SoftmaxSums(_count);
            ForEachTile(part, (_, scores) => sums.Add(scores));
            return sums;
        }

        /// <summary>The logarithm of the sum under each softmax.</summary>
        public float[] Merge(SoftmaxSums[] parts)
        {
            var logarithms = new float[_count];
            for (var q = 0; q < _count; q++)
            {
                var largest = parts.Max(part => part.Largest[q]);
                var sum = parts.Sum(part => part.Sums[q] * Math.Exp(part.Largest[q] - largest));
                logarithms[q] = (float)(largest + Math.Log(sum));
            }

            return logarithms;
        }

        public List<TokenHit> Best(Part part, float[] logarithms, int count)
        {
            var best = new PriorityQueue<TokenHit, (float Score, int Token)>();
            ForEachTile(
                part,
                (first, scores) =>
                {
                    for (var row = 0; row * _count < scores.Length; row++)
                    {
                        var shares = scores.Slice(row * _count, _count);
                        TensorPrimitives.Subtract(shares, logarithms, shares);
                        TensorPrimitives.Exp(shares, shares);
                        var score = TensorPrimitives.Dot(shares, query.Weights);
                        var token = part.BlockStart + first + row;
                        var hit = new TokenHit(part.Text, token, score);
                        if (best.Count < count)
                            best.Enqueue(hit, (score, -token));
                        else
                            best.EnqueueDequeue(hit, (score, -token));
                    }
                }
            );
            return [.. best.UnorderedItems.Select(item => item.Element)];
        }

        /// <summary>Gives the scaled products [tokens, queries] of a part, tile by tile, with the tile's first token.</summary>
        private void ForEachTile(Part part, TileAction action)
        {
            if (cancellation.IsCancellationRequested)
                return;
            var decoded = ArrayPool<float>.Shared.Rent(TileTokens * _width);
            var scores = ArrayPool<float>.Shared.Rent(TileTokens * _count);
            try
            {
                for (var start = 0; start < part.Count; start += TileTokens)
                {
                    var tokens = Math.Min(TileTokens, part.Count - start);
                    var first = part.First + start;
                    var keys = decoded.AsSpan(0, tokens * _width);
                    var tile = scores.AsSpan(0, tokens * _count);
                    var codes = part.Block.Codes(KeyLayout.SelectionPlane, first, tokens);
                    var scales = part.Block.Scales(KeyLayout.SelectionPlane, first, tokens);
                    TensorPrimitives.ConvertTruncating(codes, keys);
                    for (var token = 0; token < tokens; token++)
                    {
                        var key = keys.Slice(token * _width, _width);
                        TensorPrimitives.Multiply(key, scales[token] * query.Scale, key);
                    }

                    MatrixProduct.Multiply(keys, _packed, bias: [], tile);
                    action(first, tile);
                }
            }
            finally
            {
                ArrayPool<float>.Shared.Return(decoded);
                ArrayPool<float>.Shared.Return(scores);
                // Blocks may be views of mapped files, which live as long as their memory.
                GC.KeepAlive(memory);
            }
        }

        private delegate void TileAction(int firstToken, Span<float> scores);
    }
}
