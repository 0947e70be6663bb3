using McpLongContext.Context.Decoders;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Generation;

namespace McpLongContext.Context.LongInference.Modes;

/// <summary>
/// How well the model predicts a text. Each token is predicted once, from the tokens before it in the window whose core
/// it is in; a first token only where the model has one to begin a text with. Logits are held for a few tokens at a
/// time.
/// </summary>
internal sealed class ScoreMode : IWindowMode
{
    /// <summary>Tokens between two looks at the cancellation.</summary>
    private const int BlockTokens = 256;

    /// <summary>Floats of logits that are held at a time: 16 MB.</summary>
    private const int MaxLogits = 1 << 22;

    private readonly LoadedDecoder _decoder;
    private readonly DecoderSession _run;
    private readonly int _capacity;
    private readonly int _vocabulary;
    private readonly int _hidden;
    private readonly float[] _states;
    private readonly float[] _logits;
    private readonly float[] _scratch;

    public ScoreMode(LoadedDecoder decoder, WindowLimits limits)
    {
        var config = decoder.Model.Config;
        _decoder = decoder;
        _run = decoder.Model.CreateSession();
        _capacity = limits.Window - BeginTokens;
        // Without a token to begin with, the first token of a core is predicted from the last one that is covered.
        OverlapTokens = Math.Max(1 - BeginTokens, WindowPlan.OverlapOf(_capacity, limits.Overlap));
        (_vocabulary, _hidden) = (config.VocabularySize, config.HiddenSize);
        _states = new float[BlockTokens * _hidden];
        _logits = new float[Math.Clamp(MaxLogits / _vocabulary, 1, BlockTokens) * _vocabulary];
        _scratch = new float[_vocabulary];
    }

    /// <inheritdoc/>
    public int OverlapTokens { get; }

    private int BeginTokens => _decoder.Begin is null ? 0 : 1;

    /// <inheritdoc/>
    public WindowPlan Plan(int tokens) => new(tokens, _capacity, OverlapTokens);

    /// <inheritdoc/>
    public Task<WindowResult> RunAsync(
        TokenText text,
        TextWindow window,
        Action<int> written,
        CancellationToken cancellation
    ) => Task.Run(() => Run(text, window, cancellation), CancellationToken.None);

    public void Dispose() => _run.Dispose();

    private WindowResult Run(TokenText text, TextWindow window, CancellationToken cancellation)
    {
        var begin = BeginTokens;
        var sequence = new int[begin + window.Count];
        if (_decoder.Begin is { } id)
        {
            sequence[0] = id;
        }

        text.Tokens.Slice(window.First, window.Count).CopyTo(sequence.AsSpan(begin));
        // The first token that is predicted, from the state of the one before.
        var first = Math.Max(1, begin + window.CoreFirst - window.First);
        var unpredicted = first - (begin + window.CoreFirst - window.First);
        var nats = new List<double>(window.CoreCount);
        var sum = new TokenLikelihoodSum();
        var read = 0;
        var partial = false;
        try
        {
            _run.Truncate(0);
            while (read < sequence.Length - 1)
            {
                var count = Math.Min(BlockTokens, sequence.Length - 1 - read);
                var wanted = Math.Clamp(read + count + 1 - first, 0, count);
                var states = _states.AsSpan(0, wanted * _hidden);
                _run.Forward(sequence.AsSpan(read, count), states, cancellation);
                read += count;
                Score(states, sequence.AsSpan(read + 1 - wanted, wanted), nats, ref sum);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            partial = true;
        }

        return new WindowResult
        {
            Covered = partial && nats.Count == 0 ? 0 : unpredicted + nats.Count,
            TokensRead = read,
            TokenLikelihood = sum,
            Surprising = UnlikelySpans.Of(text, window.CoreFirst + unpredicted, nats),
            Partial = partial,
        };
    }

    /// <summary>Adds the negative log-likelihoods of tokens.</summary>
    /// <param name="states">[tokens, hidden], that of the token before each.</param>
    /// <param name="tokens">[tokens].</param>
    /// <param name="nats">Receives them one by one.</param>
    /// <param name="sum">Receives them together.</param>
    private void Score(Span<float> states, ReadOnlySpan<int> tokens, List<double> nats, ref TokenLikelihoodSum sum)
    {
        while (!tokens.IsEmpty)
        {
            var rows = Math.Min(_logits.Length / _vocabulary, tokens.Length);
            var logits = _logits.AsSpan(0, rows * _vocabulary);
            _run.Logits(states[..(rows * _hidden)], logits);
            for (var row = 0; row < rows; row++)
            {
                var likelihood = TokenLikelihood.Of(
                    logits.Slice(row * _vocabulary, _vocabulary),
                    tokens[row],
                    _scratch
                );
                nats.Add(likelihood.Nats);
                sum.Add(likelihood);
            }

            states = states[(rows * _hidden)..];
            tokens = tokens[rows..];
        }
    }
}
