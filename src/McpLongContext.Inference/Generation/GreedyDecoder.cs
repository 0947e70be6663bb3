using System.Text;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Tokenizers;
using Decoder = McpLongContext.Inference.Decoders.Decoder;

namespace McpLongContext.Inference.Generation;

/// <summary>Greedy decoding: writes after a prompt, the likeliest token each time.</summary>
public sealed class GreedyDecoder : IDisposable
{
    private readonly Tokenizer _tokenizer;
    private readonly DecoderSession _run;
    private readonly float[] _logits;
    private readonly float[] _scratch;

    /// <summary>Creates a sequence of its own.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public GreedyDecoder(Decoder model, Tokenizer tokenizer)
        : this(model, tokenizer, model.CreateSession()) { }

    /// <summary>Continues a sequence, which is disposed of with the decoder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="run">The sequence.</param>
    public GreedyDecoder(Decoder model, Tokenizer tokenizer, DecoderSession run)
    {
        _tokenizer = tokenizer;
        _run = run;
        _logits = new float[model.Config.VocabularySize];
        _scratch = new float[_logits.Length];
    }

    /// <summary>Whether the text is over with its first line that has something on it.</summary>
    public bool EndsWithLine { get; init; }

    /// <summary>Told every piece of the text as it is written.</summary>
    public Action<string>? Wrote { get; init; }

    /// <summary>Begins a text anew, and writes until the model ends, or the most tokens are written.</summary>
    /// <inheritdoc cref="ContinueAsync"/>
    public Task<GeneratedText> WriteAsync(
        int[] prompt,
        int maxTokens,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        _run.Truncate(0);
        return ContinueAsync(prompt, maxTokens, written, cancellation);
    }

    /// <summary>Continues the sequence until the model ends, or the most tokens are written.</summary>
    /// <param name="prompt">The tokens to write after, one at least.</param>
    /// <param name="maxTokens">The most tokens.</param>
    /// <param name="written">Told after every token how many there are.</param>
    /// <param name="cancellation">Breaks off between tokens; what was written by then is returned.</param>
    public async Task<GeneratedText> ContinueAsync(
        int[] prompt,
        int maxTokens,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        // Padding of the logits, which some models have, is no token.
        var sampler = new Sampler(_tokenizer.Vocabulary.Count, SamplingSettings.Greedy);
        var decoder = new TokenDecoder(_tokenizer);
        var text = new StringBuilder();
        var sum = new TokenLikelihoodSum();
        var last = default(TokenLikelihood);
        var (count, partial) = (0, false);
        try
        {
            var tokens = _run.GenerateAsync(prompt, Choose, maxTokens, _tokenizer.Settings.Ends, cancellation);
            await foreach (var token in tokens)
            {
                var piece = decoder.Append(token);
                text.Append(piece);
                Wrote?.Invoke(piece);
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

        return new GeneratedText(text.Append(decoder.Flush()).ToString())
        {
            TokensRead = _run.Position == 0 ? 0 : Math.Min(_run.Position, prompt.Length),
            NewTokens = count,
            TokenLikelihood = sum,
            IsPartial = partial,
        };

        int Choose(ReadOnlySpan<float> logits)
        {
            var token = sampler.Next(logits[.._tokenizer.Vocabulary.Count]);
            logits.CopyTo(_logits);
            last = TokenLikelihood.Of(_logits, token, _scratch);
            return token;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
