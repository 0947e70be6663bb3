using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.Training.Language;

/// <summary>Writes summaries in the product's engine, with the likeliest token each time.</summary>
/// <param name="model">The model.</param>
/// <param name="gates">The model's gates.</param>
/// <param name="settings">Update rule and segments.</param>
/// <param name="threads">Threads that compute.</param>
internal sealed class SummaryWriter(Decoder model, InfiniGates gates, LanguageSettings settings, int threads)
{
    /// <summary>A summary ends where it is so many times as long as the reference.</summary>
    private const int MostLength = 2;

    /// <summary>Writes a summary.</summary>
    /// <param name="pair">The document, and a reference that says how long a summary may be.</param>
    /// <param name="ends">The tokens that end a text.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public int[] Write(PairTokens pair, IReadOnlySet<int> ends, CancellationToken cancellation)
    {
        var config = model.Config;
        var memory = new CompressiveMemory(
            config.LayerCount,
            config.KeyValueHeadCount,
            config.HeadDim,
            settings.Adapter.Rule
        );
        var attention = new SegmentedAttention(config, memory, gates, settings.SegmentTokens);
        using var session = model.CreateSession(attention, threads);
        var (state, logits) = (new float[config.HiddenSize], new float[config.VocabularySize]);
        var written = new List<int>();
        var prompt = pair.Prompt;
        while (written.Count < MostLength * pair.Summary.Length)
        {
            session.Forward(prompt, state, cancellation);
            session.Logits(state, logits);
            var next = TensorPrimitives.IndexOfMax<float>(logits);
            if (ends.Contains(next))
            {
                break;
            }

            written.Add(next);
            prompt = [next];
        }

        return [.. written];
    }
}
