using System.Runtime.CompilerServices;

namespace McpLongContext.Inference.Decoders;

/// <summary>Continues a sequence token by token.</summary>
public static class DecoderGeneration
{
    /// <summary>
    /// Appends a prompt and then chosen tokens, which are streamed as they come. It ends with a token of
    /// <paramref name="ends"/>, which is not given, after <paramref name="maxTokens"/>, or where the window is full.
    /// </summary>
    /// <param name="run">The sequence. Each token that was given is part of it once the next one is asked for.</param>
    /// <param name="prompt">One token at least.</param>
    /// <param name="choose">Chooses each token.</param>
    /// <param name="maxTokens">How many to give at most.</param>
    /// <param name="ends">Tokens that end the text.</param>
    /// <param name="cancellation">Asked between tokens, and between the blocks of the prompt.</param>
    /// <exception cref="ArgumentException">The prompt is empty or has a token that is none of the
    /// vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The prompt is longer than the window has room for.</exception>
    public static async IAsyncEnumerable<int> GenerateAsync(
        this DecoderSession run,
        ReadOnlyMemory<int> prompt,
        TokenChoice choose,
        int maxTokens,
        IReadOnlyCollection<int> ends,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(choose);
        ArgumentNullException.ThrowIfNull(ends);
        if (prompt.IsEmpty)
        {
            throw new ArgumentException("nothing found, expected one token at least.", nameof(prompt));
        }

        var state = new float[run.Model.Config.HiddenSize];
        var logits = new float[run.Model.Config.VocabularySize];
        for (var count = 0; count < maxTokens; count++)
        {
            // Computing takes long: off the caller's thread.
            var token = await Task.Run(() => Next(prompt), cancellation);
            if (ends.Contains(token))
            {
                yield break;
            }

            yield return token;
            if (run.Position == run.MaxTokens)
            {
                yield break;
            }

            prompt = new[] { token };
        }

        int Next(ReadOnlyMemory<int> tokens)
        {
            run.Forward(tokens.Span, state, cancellation);
            run.Logits(state, logits);
            return choose(logits);
        }
    }
}
