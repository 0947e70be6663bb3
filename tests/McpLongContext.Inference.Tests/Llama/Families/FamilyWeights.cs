using System.Text;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>
/// Weights made from the names of their tensors, as tools/golden/llama makes them: the same fp32 numbers in both, so that
/// no weights need to be kept with the tests.
/// </summary>
internal static class FamilyWeights
{
    /// <summary>All tensors of a model, by the names of Transformers without prefix and suffix.</summary>
    public static IEnumerable<(string Name, int[] Shape, float[] Values)> Of(FamilyShape shape)
    {
        var (queries, keys) = (shape.Heads * shape.HeadDim, shape.KeyValueHeads * shape.HeadDim);
        yield return Matrix("embed_tokens", shape.Vocabulary, shape.Hidden, 0.5f);
        yield return Norm("norm", shape.Hidden);
        if (!shape.IsTied)
        {
            yield return Matrix("lm_head", shape.Vocabulary, shape.Hidden, 0.25f);
        }

        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var prefix = $"layers.{layer}.";
            yield return Norm(prefix + "input_layernorm", shape.Hidden);
            yield return Norm(prefix + "post_attention_layernorm", shape.Hidden);
            (string Name, int Rows, int Columns, float Scale, bool HasBias)[] matrices =
            [
                ("self_attn.q_proj", queries, shape.Hidden, 0.5f, shape.HasQueryKeyValueBias),
                ("self_attn.k_proj", keys, shape.Hidden, 0.5f, shape.HasQueryKeyValueBias),
                ("self_attn.v_proj", keys, shape.Hidden, 0.25f, shape.HasQueryKeyValueBias),
                ("self_attn.o_proj", shape.Hidden, queries, 0.25f, shape.HasOutputBias),
                ("mlp.gate_proj", shape.Intermediate, shape.Hidden, 0.25f, shape.HasFeedForwardBias),
                ("mlp.up_proj", shape.Intermediate, shape.Hidden, 0.25f, shape.HasFeedForwardBias),
                ("mlp.down_proj", shape.Hidden, shape.Intermediate, 0.25f, shape.HasFeedForwardBias),
            ];
            foreach (var (name, rows, columns, scale, hasBias) in matrices)
            {
                yield return Matrix(prefix + name, rows, columns, scale);
                if (hasBias)
                {
                    yield return (prefix + name + ".bias", [rows], Uniform(prefix + name + ".bias", rows, 1, 0));
                }
            }

            if (shape.HasQueryKeyNorm)
            {
                yield return Norm(prefix + "self_attn.q_norm", shape.HeadDim);
                yield return Norm(prefix + "self_attn.k_norm", shape.HeadDim);
            }
        }
    }

    private static (string, int[], float[]) Matrix(string name, int rows, int columns, float scale) =>
        (name, [rows, columns], Uniform(name, rows * columns, scale, 0));

    private static (string, int[], float[]) Norm(string name, int size) => (name, [size], Uniform(name, size, 0.5f, 1));

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014), seeded by the name; 24 bits of each number, so that fp32 is exact.</summary>
    private static float[] Uniform(string name, int count, float scale, float offset)
    {
        var values = new float[count];
        var state = HashOf(name);
        for (var i = 0; i < count; i++)
        {
            var z = state += 0x9E37_79B9_7F4A_7C15;
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            z ^= z >> 31;
            values[i] = (float)((((z >> 40) * Math.Pow(2, -23)) - 1) * scale + offset);
        }

        return values;
    }

    /// <summary>FNV-1a.</summary>
    private static ulong HashOf(string text) =>
        Encoding
            .UTF8.GetBytes(text)
            .Aggregate(0xCBF2_9CE4_8422_2325, (hash, value) => (hash ^ value) * 0x100_0000_01B3);
}
