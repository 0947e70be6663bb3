using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>The weights of a model, as tools/golden/llama makes them (<see cref="NamedWeights"/>).</summary>
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
                    yield return (
                        prefix + name + ".bias",
                        [rows],
                        NamedWeights.Uniform(prefix + name + ".bias", rows, 1)
                    );
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
        (name, [rows, columns], NamedWeights.Uniform(name, rows * columns, scale));

    private static (string, int[], float[]) Norm(string name, int size) =>
        (name, [size], NamedWeights.Uniform(name, size, 0.5f, 1));
}
