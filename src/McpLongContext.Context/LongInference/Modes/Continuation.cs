using System.Text;
using McpLongContext.Context.Decoders;
using McpLongContext.Inference.Generation;
using McpLongContext.Inference.Llama;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Context.LongInference.Modes;

/// <summary>Lets a model write behind a prompt, the likeliest token each time.</summary>
internal sealed class Continuation : IDisposable
{
    private readonly Tokenizer _tokenizer;
    private readonly LlamaRun _run;
    private readonly float[] _logits;
    private readonly float[] _scratch;

    /// <summary>Creates a sequence of its own.</summary>
    public Continuation(LoadedDecoder decoder)
        : this(decoder, decoder.Model.CreateRun()) { }

    /// <summary>Goes on with a sequence, which it disposes of.</summary>
    public Continuation(LoadedDecoder decoder, LlamaRun run)
    {
        _tokenizer = decoder.Tokenizer;
        _run = run;
        _logits = new float[decoder.Model.Config.VocabularySize];
        _scratch = new float[_logits.Length];
    }

    /// <summary>Whether the text is over with its first line that has something on it.</summary>
    public bool EndsWithLine { get; init; }

    /// <summary>Begins a text anew, and writes until the model ends, or the most tokens are written.</summary>
    /// <inheritdoc cref="GoOnAsync"/>
    public Task<WindowResult> RunAsync(
        int[] prompt,
        int maxTokens,
        int covered,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        _run.Truncate(0);
        return GoOnAsync(prompt, maxTokens, covered, written, cancellation);
    }

    /// <summary>Goes on with the sequence, until the model ends, or the most tokens are written.</summary>
    /// <param name="prompt">The tokens to go on behind, one at least.</param>
    /// <param name="maxTokens">The most tokens.</param>
    /// <param name="covered">Tokens of the text that the prompt covers.</param>
    /// <param name="written">Told after every token how many there are.</param>
    /// <param name="cancellation">Breaks it off between tokens.</param>
    public async Task<WindowResult> GoOnAsync(
        int[] prompt,
        int maxTokens,
        int covered,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        // Padding of the logits, which some models have, is no token.
        var sampler = new Sampler(_tokenizer.Vocabulary.Count, SamplingSettings.Greedy);
        var decoder = new TokenDecoder(_tokenizer);
        var text = new StringBuilder();
        var sum = new SurpriseSum();
        var last = default(Surprise);
        var (count, partial) = (0, false);
        try
        {
            var tokens = _run.GenerateAsync(prompt, Choose, maxTokens, _tokenizer.Settings.Ends, cancellation);
            await foreach (var token in tokens)
            {
                text.Append(decoder.Append(token));
                sum.Add(last);
                written(++count);
                if (EndsWithLine && text.ToString().TrimStart().Contains('\n', StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            partial = true;
        }

        return new WindowResult
        {
            Covered = partial && count == 0 ? 0 : covered,
            TokensRead = _run.Position == 0 ? 0 : Math.Min(_run.Position, prompt.Length),
            NewTokens = count,
            Surprise = sum,
            Output = text.Append(decoder.Flush()).ToString(),
            Partial = partial,
        };

        int Choose(ReadOnlySpan<float> logits)
        {
            var token = sampler.Next(logits[.._tokenizer.Vocabulary.Count]);
            logits.CopyTo(_logits);
            last = Surprise.Of(_logits, token, _scratch);
            return token;
        }
    }

    public void Dispose() => _run.Dispose();
}
