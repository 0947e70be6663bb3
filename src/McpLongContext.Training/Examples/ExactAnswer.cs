using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.Training.Examples;

/// <summary>Whether a model writes an answer exactly, by the likeliest tokens.</summary>
internal static class ExactAnswer
{
    /// <summary>Lets a sequence go on from a prompt.</summary>
    /// <param name="session">The sequence.</param>
    /// <param name="prompt">The tokens that it reads first.</param>
    /// <param name="answer">The expected tokens.</param>
    /// <param name="ends">The tokens that end a text; each of them does for another.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public static bool IsWritten(
        DecoderSession session,
        ReadOnlySpan<int> prompt,
        IEnumerable<int> answer,
        IReadOnlyCollection<int> ends,
        CancellationToken cancellation
    )
    {
        var config = session.Model.Config;
        var (state, logits) = (new float[config.HiddenSize], new float[config.VocabularySize]);
        foreach (var expected in answer)
        {
            session.Forward(prompt, state, cancellation);
            session.Logits(state, logits);
            var found = TensorPrimitives.IndexOfMax<float>(logits);
            if (found != expected && !(ends.Contains(found) && ends.Contains(expected)))
            {
                return false;
            }

            prompt = new[] { expected };
        }

        return true;
    }
}
