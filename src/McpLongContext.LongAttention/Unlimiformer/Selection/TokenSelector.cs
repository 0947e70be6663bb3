using System.Numerics.Tensors;
using McpLongContext.Inference.Layers;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>A token and its score.</summary>
/// <param name="Text">The text, counted from 0.</param>
/// <param name="Token">The token, counted from the text's start.</param>
/// <param name="Score">Higher is better.</param>
public readonly record struct TokenHit(int Text, int Token, float Score);

/// <summary>
/// The phrases of a token memory that a question attends to most: a token's score is sum_q w_q softmax_t
/// (scale q . k_t), the softmax over all tokens of all texts, positions left out; that of a phrase is the sum of its
/// tokens'.
/// </summary>
/// <remarks>
/// Two passes over the keys, where they lie: the first finds the sum under each softmax, the second the scores, of
/// which only the best are kept. RAM use does not grow with the number of tokens.
/// </remarks>
public static class TokenSelector
{
    /// <summary>How many tokens spans are grown around at most; the budget of the spans is spent long before.</summary>
    public const int Candidates = 256;

    /// <summary>
    /// Finds the first tokens of the best phrases, best first; equal ones in the order of the token memory.
    /// </summary>
    /// <param name="memory">The texts.</param>
    /// <param name="query">The query that tokens are scored by.</param>
    /// <param name="count">How many to give at most.</param>
    /// <param name="threadPool">Computes.</param>
    /// <param name="cancellation">Ends the scan between parts.</param>
    public static IReadOnlyList<TokenHit> Select(
        ITokenMemory memory,
        SelectionQuery query,
        int count,
        ComputeThreadPool threadPool,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(threadPool);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var scan = new Scan(query, memory, cancellation);
        var work = ScanWork.Of(scan.Parts);

        var sums = new SoftmaxSums[work.Count];
        threadPool.Run(work.Count, i => sums[i] = scan.Sum(work[i]));
        cancellation.ThrowIfCancellationRequested();
        var logarithms = scan.Merge(sums);

        var phrases = new PhraseScores(scan.Parts, query.Phrase, count);
        threadPool.Run(work.Count, i => scan.Score(work[i], logarithms, phrases));
        cancellation.ThrowIfCancellationRequested();
        return phrases.InOrder();
    }

    /// <summary>For each query, the largest score so far and the sum of e^(score - largest).</summary>
    private sealed class SoftmaxSums(float[] largest, float[] sums)
    {
        private readonly float[] _scratch = new float[largest.Length];

        public SoftmaxSums(int queries)
            : this([.. Enumerable.Repeat(float.MinValue, queries)], new float[queries]) { }

        public float[] Largest => largest;

        public float[] Sums => sums;

        /// <summary>Adds scores, [tokens, queries].</summary>
        public void Add(Span<float> scores)
        {
            Largest.CopyTo(_scratch, 0);
            for (var row = scores; !row.IsEmpty; row = row[Largest.Length..])
            {
                TensorPrimitives.Max(Largest, row[..Largest.Length], Largest);
            }

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
        private readonly Lazy<float[]> _scaled = new(() => Array.ConvertAll(query.Queries, x => x * query.Scale));
        private readonly KeyScan _keys = new(
            memory,
            KeyLayout.SelectionPlane,
            query.Queries,
            query.Weights.Length,
            query.Scale
        );

        public IReadOnlyList<KeyScan.Part> Parts => _keys.Parts;

        public SoftmaxSums Sum(ScanWork work)
        {
            if (work.Keys?.Sum(work.Ranges, _scaled.Value) is var (largest, sumsThere))
            {
                return new SoftmaxSums(largest, sumsThere);
            }

            var sums = new SoftmaxSums(_count);
            foreach (var part in work.Parts)
            {
                ForEachTile(Parts[part], (_, scores) => sums.Add(scores));
            }

            return sums;
        }

        /// <summary>Scores the tokens of some parts and hands them on.</summary>
        public void Score(ScanWork work, float[] logarithms, PhraseScores phrases)
        {
            var onDevice = work.Keys?.Score(work.Ranges, _scaled.Value, query.Weights, logarithms);
            var from = 0;
            foreach (var part in work.Parts)
            {
                var count = Parts[part].Count;
                phrases.Take(part, onDevice is null ? Scores(Parts[part], logarithms) : onDevice.AsSpan(from, count));
                from += count;
            }
        }

        /// <summary>The logarithm of the sum under each softmax.</summary>
        public float[] Merge(SoftmaxSums[] parts)
        {
            var logarithms = new float[_count];
            for (var q = 0; q < _count && parts.Length > 0; q++)
            {
                var largest = parts.Max(part => part.Largest[q]);
                var sum = parts.Sum(part => part.Sums[q] * Math.Exp(part.Largest[q] - largest));
                logarithms[q] = (float)(largest + Math.Log(sum));
            }

            return logarithms;
        }

        /// <summary>The scores of a part's tokens.</summary>
        private float[] Scores(KeyScan.Part part, float[] logarithms)
        {
            var scores = new float[part.Count];
            ForEachTile(
                part,
                (first, tile) =>
                {
                    for (var row = 0; row * _count < tile.Length; row++)
                    {
                        var shares = tile.Slice(row * _count, _count);
                        TensorPrimitives.Subtract(shares, logarithms, shares);
                        TensorPrimitives.Exp(shares, shares);
                        scores[first - part.BlockStart - part.First + row] = TensorPrimitives.Dot(
                            shares,
                            query.Weights
                        );
                    }
                }
            );
            return scores;
        }

        private void ForEachTile(KeyScan.Part part, KeyScan.TileAction action)
        {
            if (!cancellation.IsCancellationRequested)
            {
                _keys.ForEachTile(part, action);
            }
        }
    }
}
