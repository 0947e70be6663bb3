using ILGPU;
using ILGPU.Algorithms;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu;

/// <summary>
/// Attention over spans: each part by itself, one warp each, and then the parts of a query together, by their largest
/// products and sums (Dao et al., Flash-Decoding).
/// </summary>
internal static class SpanKernels
{
    /// <summary>
    /// For each part, the largest product x[t] = scale * R(q) · R(key[t]), the sum of e^(x[t] - largest), and the sum of
    /// e^(x[t] - largest) * value[t].
    /// </summary>
    /// <param name="indices">The parts of these planes.</param>
    /// <param name="parts">All parts.</param>
    /// <param name="keys">[tokens, dimensions], in words.</param>
    /// <param name="keyScales">[tokens].</param>
    /// <param name="values">[tokens, dimensions], in words.</param>
    /// <param name="valueScales">[tokens].</param>
    /// <param name="queries">[queries, dimensions].</param>
    /// <param name="positions">[queries].</param>
    /// <param name="rotation">[positions, dimensions]: cosines, then sines.</param>
    /// <param name="scale">Multiplies the products.</param>
    /// <param name="largest">[parts].</param>
    /// <param name="sums">[parts].</param>
    /// <param name="outputs">[parts, dimensions].</param>
    public static void Attend<TNumbers>(
        ArrayView<int> indices,
        ArrayView<SpanPart> parts,
        ArrayView<int> keys,
        ArrayView<float> keyScales,
        ArrayView<int> values,
        ArrayView<float> valueScales,
        ArrayView<float> queries,
        ArrayView<int> positions,
        ArrayView<float> rotation,
        float scale,
        ArrayView<float> largest,
        ArrayView<float> sums,
        ArrayView<float> outputs
    )
        where TNumbers : struct, IKeyNumbers
    {
        var rotated = SharedMemory.Allocate<float>(SpanAttentionInput.MaxDimensions);
        var weights = SharedMemory.Allocate<float>(SpanPart.MaxTokens);
        var index = indices[Grid.IdxX];
        var part = parts[index];
        var dimensions = (int)(queries.Length / positions.Length);
        var pairs = dimensions / 2;
        var query = part.Query * dimensions;
        var turn = positions[part.Query] * dimensions;
        for (var pair = Group.IdxX; pair < pairs; pair += Group.DimX)
        {
            var (x, y) = (queries[query + pair], queries[query + pairs + pair]);
            var (cos, sin) = (rotation[turn + pair], rotation[turn + pairs + pair]);
            rotated[pair] = scale * ((x * cos) - (y * sin));
            rotated[pairs + pair] = scale * ((y * cos) + (x * sin));
        }

        Group.Barrier();
        var top = float.NegativeInfinity;
        for (var token = Group.IdxX; token < part.Count; token += Group.DimX)
        {
            turn = (part.Position + token) * dimensions;
            var product = Product<TNumbers>(keys, part.First + token, rotated, rotation, turn, pairs);
            product *= default(TNumbers).Scale(keyScales, part.First + token);
            weights[token] = product;
            top = IntrinsicMath.Max(top, product);
        }

        top = Warps.Max(top);
        var sum = 0f;
        for (var token = Group.IdxX; token < part.Count; token += Group.DimX)
        {
            var weight = XMath.Exp(weights[token] - top);
            sum += weight;
            weights[token] = weight * default(TNumbers).Scale(valueScales, part.First + token);
        }

        sum = Warps.Sum(sum);
        Group.Barrier();
        for (var dimension = Group.IdxX; dimension < dimensions; dimension += Group.DimX)
        {
            var output = 0f;
            var (word, place) = (dimension / default(TNumbers).PerWord, dimension % default(TNumbers).PerWord);
            var words = dimensions / default(TNumbers).PerWord;
            for (var token = 0; token < part.Count; token++)
            {
                var value = values[((long)(part.First + token) * words) + word];
                output += weights[token] * default(TNumbers).Of(value, place);
            }

            outputs[((long)index * dimensions) + dimension] = output;
        }

        if (Group.IdxX == 0)
        {
            largest[index] = top;
            sums[index] = sum;
        }
    }

    /// <summary>The output of each query, one warp each, and the shares of its parts.</summary>
    /// <param name="starts">The first part of each query and, last, the number of parts: [queries + 1].</param>
    /// <param name="largest">[parts].</param>
    /// <param name="sums">[parts].</param>
    /// <param name="outputs">[parts, dimensions].</param>
    /// <param name="shares">[parts]: written.</param>
    /// <param name="output">[queries, dimensions]: written.</param>
    public static void Merge(
        ArrayView<int> starts,
        ArrayView<float> largest,
        ArrayView<float> sums,
        ArrayView<float> outputs,
        ArrayView<float> shares,
        ArrayView<float> output
    )
    {
        var query = Grid.IdxX;
        var dimensions = (int)(output.Length / (starts.Length - 1));
        var (first, end) = (starts[query], starts[query + 1]);
        var top = float.NegativeInfinity;
        for (var part = first; part < end; part++)
        {
            top = IntrinsicMath.Max(top, largest[part]);
        }

        var sum = 0f;
        for (var part = first; part < end; part++)
        {
            sum += sums[part] * XMath.Exp(largest[part] - top);
        }

        for (var part = first + Group.IdxX; part < end; part += Group.DimX)
        {
            shares[part] = sums[part] * XMath.Exp(largest[part] - top) / sum;
        }

        for (var dimension = Group.IdxX; dimension < dimensions; dimension += Group.DimX)
        {
            var total = 0f;
            for (var part = first; part < end; part++)
            {
                total += outputs[((long)part * dimensions) + dimension] * XMath.Exp(largest[part] - top);
            }

            output[((long)query * dimensions) + dimension] = total / sum;
        }
    }

    /// <summary>The inner product of a rotated query with a key, which is rotated pair by pair.</summary>
    private static float Product<TNumbers>(
        ArrayView<int> keys,
        int token,
        ArrayView<float> query,
        ArrayView<float> rotation,
        int turn,
        int pairs
    )
        where TNumbers : struct, IKeyNumbers
    {
        var perWord = default(TNumbers).PerWord;
        var words = pairs / perWord;
        var first = (long)token * words * 2;
        var product = 0f;
        for (var i = 0; i < words; i++)
        {
            var (lower, upper) = (keys[first + i], keys[first + words + i]);
            for (var lane = 0; lane < perWord; lane++)
            {
                var pair = (i * perWord) + lane;
                var (x, y) = (default(TNumbers).Of(lower, lane), default(TNumbers).Of(upper, lane));
                var (cos, sin) = (rotation[turn + pair], rotation[turn + pairs + pair]);
                product += query[pair] * ((x * cos) - (y * sin));
                product += query[pairs + pair] * ((y * cos) + (x * sin));
            }
        }

        return product;
    }
}
