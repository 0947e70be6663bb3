using System.Numerics.Tensors;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// The source tokens that each target token attended to most, over all heads and layers: where a text comes from. Not
/// thread-safe.
/// </summary>
/// <param name="sourceTokens">Tokens of the source.</param>
public sealed class AttendedSource(int sourceTokens)
{
    /// <summary>Source tokens that are kept of a target token.</summary>
    private const int KeptTokens = 64;

    private readonly Dictionary<int, (int Token, float Weight)[]> _rows = [];
    private readonly List<float[]> _sums = []; // [rows of the step][source tokens]

    /// <summary>Adds the weights of one head.</summary>
    /// <param name="row">The token, counted within the step.</param>
    /// <param name="first">The source token of the first weight; the others follow.</param>
    /// <param name="weights">A part of the head's attention.</param>
    public void Add(int row, int first, ReadOnlySpan<float> weights)
    {
        var sums = SumsOf(row).AsSpan(first, weights.Length);
        TensorPrimitives.Add(sums, weights, sums);
    }

    /// <summary>Adds the weights of one head at scattered source tokens.</summary>
    /// <param name="row">The token, counted within the step.</param>
    /// <param name="tokens">The source tokens.</param>
    /// <param name="weights">The weight of each.</param>
    public void Add(int row, ReadOnlySpan<int> tokens, ReadOnlySpan<float> weights)
    {
        var sums = SumsOf(row);
        for (var i = 0; i < tokens.Length; i++)
        {
            sums[tokens[i]] += weights[i];
        }
    }

    /// <summary>Ends a step and keeps what its tokens attended to most.</summary>
    /// <param name="firstRow">The number of the step's first token in the target.</param>
    /// <param name="rows">Tokens of the step.</param>
    public void EndStep(int firstRow, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var sums = SumsOf(row);
            _rows[firstRow + row] = Largest(sums);
            Array.Clear(sums);
        }
    }

    /// <summary>The source tokens that a target token attended to most, most first, with shares of 1.</summary>
    /// <param name="row">The number of the token in the target.</param>
    public IReadOnlyList<(int Token, float Weight)> Of(int row) => _rows.TryGetValue(row, out var found) ? found : [];

    private float[] SumsOf(int row)
    {
        while (_sums.Count <= row)
        {
            _sums.Add(new float[sourceTokens]);
        }

        return _sums[row];
    }

    private static (int Token, float Weight)[] Largest(float[] sums)
    {
        var best = new PriorityQueue<int, float>(KeptTokens + 1);
        var least = 0f;
        for (var token = 0; token < sums.Length; token++)
        {
            if (sums[token] <= least)
            {
                continue;
            }

            best.Enqueue(token, sums[token]);
            if (best.Count > KeptTokens)
            {
                best.Dequeue();
                least = sums[best.Peek()];
            }
        }

        var total = TensorPrimitives.Sum<float>(sums);
        return
        [
            .. best
                .UnorderedItems.Select(item => (item.Element, item.Priority / total))
                .OrderByDescending(item => item.Item2)
                .ThenBy(item => item.Element),
        ];
    }
}
