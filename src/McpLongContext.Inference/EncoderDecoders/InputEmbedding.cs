using System.Numerics.Tensors;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>The input of both stacks: scaled embeddings, with learned positions where a model has them.</summary>
internal static class InputEmbedding
{
    /// <summary>Scales the embedding of a token and adds its position.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="stack">The stack, whose table of positions is used.</param>
    /// <param name="position">From 0.</param>
    /// <param name="state">[hidden].</param>
    public static void Finish(EncoderDecoderConfig config, StackWeights stack, int position, Span<float> state)
    {
        if (config.EmbeddingScale != 1)
        {
            TensorPrimitives.Multiply(state, config.EmbeddingScale, state);
        }

        if (config.RelativePositions is null)
        {
            var row = (position + config.PositionOffset) * config.HiddenSize;
            TensorPrimitives.Add(state, stack.Positions.AsSpan(row, config.HiddenSize), state);
        }
    }

    /// <summary>Demands that tokens are of the vocabulary.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    public static void RequireTokens(EncoderDecoderConfig config, ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)config.VocabularySize)
            {
                throw new ArgumentException(
                    $"token {token} found, expected 0 to {config.VocabularySize - 1}.",
                    nameof(tokens)
                );
            }
        }
    }
}
