using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Generation;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Training.Examples;

/// <summary>
/// Text that a model writes by itself: the filler that needs nobody's texts. Texts are in turn as likely as the model
/// has them, and bolder, with words that it seldom writes.
/// </summary>
internal static class OwnText
{
    private static readonly float[] s_temperatures = [1, 1.5f];

    /// <summary>Lets the model write texts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="count">Tokens in all.</param>
    /// <param name="seed">Chooses them.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="written">Told how many tokens there are.</param>
    /// <param name="cancellation">Breaks it off.</param>
    /// <returns>Texts one after the other, each as the model begins it.</returns>
    public static int[] Write(
        Decoder model,
        Tokenizer tokenizer,
        int count,
        ulong seed,
        int threads,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        var tokens = new List<int>(count);
        var samplers = Array.ConvertAll(
            s_temperatures,
            temperature => new Sampler(
                tokenizer.Vocabulary.Count,
                new SamplingSettings { Temperature = temperature, Seed = seed }
            )
        );
        var begin = tokenizer.Settings.Begin ?? tokenizer.Settings.End ?? 0;
        var (state, logits) = (new float[model.Config.HiddenSize], new float[model.Config.VocabularySize]);
        using var session = model.CreateSession(threads);
        for (var text = 0; tokens.Count < count; text++)
        {
            var sampler = samplers[text % samplers.Length];
            session.Truncate(0);
            var next = begin;
            do
            {
                cancellation.ThrowIfCancellationRequested();
                tokens.Add(next);
                session.Forward([next], state, cancellation);
                session.Logits(state, logits);
                next = sampler.Next(logits.AsSpan(0, tokenizer.Vocabulary.Count));
            } while (
                !tokenizer.Settings.Ends.Contains(next) && session.Position < session.MaxTokens && tokens.Count < count
            );
            written(tokens.Count);
        }

        return [.. tokens];
    }
}
