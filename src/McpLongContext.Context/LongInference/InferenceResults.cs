using McpLongContext.Context.Contracts;
using McpLongContext.Context.LongInference.Modes;
using McpLongContext.Inference.Generation;

namespace McpLongContext.Context.LongInference;

/// <summary>The windows that were done so far, and where to continue.</summary>
internal sealed class InferenceResults
{
    private readonly List<(WindowReport Report, WindowResult Result)> _windows = [];

    /// <summary>The number of windows.</summary>
    public int Count => _windows.Count;

    /// <summary>The window done last.</summary>
    public WindowReport? Last => _windows.Count == 0 ? null : _windows[^1].Report;

    /// <summary>The first window that is not done.</summary>
    public InferenceCursor Next { get; set; }

    /// <summary>Adds a window.</summary>
    /// <param name="text">The window's text.</param>
    /// <param name="window">The window.</param>
    /// <param name="result">The window's result.</param>
    /// <param name="seconds">The time that it took.</param>
    public void Add(TokenText text, TextWindow window, WindowResult result, double seconds) =>
        _windows.Add(
            (
                new WindowReport
                {
                    Citation = text.Cite(window.CoreFirst, result.Covered),
                    FirstToken = window.CoreFirst,
                    Tokens = result.Covered,
                    TokensRead = result.TokensRead,
                    NewTokens = result.NewTokens,
                    Perplexity = result.TokenLikelihood.Perplexity,
                    EntropyBits = result.TokenLikelihood.EntropyBits,
                    Seconds = seconds,
                    TokensPerSecond = Rate(result.TokensRead + result.NewTokens, seconds),
                    Output = result.Output,
                    Partial = result.Partial,
                },
                result
            )
        );

    /// <summary>Drops a window that was broken off: it is to be done again.</summary>
    public void DropPartial() => _windows.RemoveAll(window => window.Report.Partial);

    /// <summary>All of it together.</summary>
    public LongInferenceReport Report(
        LongInferenceRequest request,
        string model,
        WindowLimits limits,
        IWindowMode mode,
        InferenceState state
    )
    {
        var sum = new TokenLikelihoodSum();
        _windows.ForEach(window => sum.Add(window.Result.TokenLikelihood));
        var seconds = _windows.Sum(window => window.Report.Seconds);
        return new LongInferenceReport
        {
            Mode = request.Mode,
            Model = model,
            State = state,
            Window = limits.Window,
            OverlapTokens = mode.OverlapTokens,
            Windows = [.. _windows.Select(window => window.Report)],
            Surprising = UnlikelySpans.Highest(_windows.SelectMany(window => window.Result.Surprising)),
            Tokens = _windows.Sum(window => (long)window.Report.Tokens),
            Perplexity = sum.Perplexity,
            EntropyBits = sum.EntropyBits,
            Seconds = seconds,
            TokensPerSecond = Rate(
                _windows.Sum(window => (long)window.Report.TokensRead + window.Report.NewTokens),
                seconds
            ),
            NextCursor = state == InferenceState.Complete ? null : Next.ToString(),
        };
    }

    private static double Rate(long tokens, double seconds) => seconds > 0 ? tokens / seconds : 0;
}
