using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Generation;

namespace McpLongContext.Context.LongInference.Modes;

/// <summary>An operation on the windows of a text, one after the other.</summary>
internal interface IWindowMode : IDisposable
{
    /// <summary>Tokens that a window shares with the one before.</summary>
    public int OverlapTokens { get; }

    /// <summary>Plans the windows of a text.</summary>
    /// <param name="tokens">The number of tokens of the text.</param>
    public WindowPlan Plan(int tokens);

    /// <summary>Does one window.</summary>
    /// <param name="text">The text.</param>
    /// <param name="window">A window of its plan.</param>
    /// <param name="written">Told after every token that is written how many there are.</param>
    /// <param name="cancellation">Breaks it off; what was done by then is returned as a partial result.</param>
    public Task<WindowResult> RunAsync(
        TokenText text,
        TextWindow window,
        Action<int> written,
        CancellationToken cancellation
    );
}

/// <summary>The result of a window.</summary>
internal sealed record WindowResult
{
    /// <summary>Tokens of the core that are covered: all of them, unless it is partial.</summary>
    public required int Covered { get; init; }

    /// <summary>Tokens that the model read.</summary>
    public required int TokensRead { get; init; }

    /// <summary>Tokens that the model wrote.</summary>
    public int NewTokens { get; init; }

    /// <summary>Of the covered tokens, or of the written ones.</summary>
    public TokenLikelihoodSum TokenLikelihood { get; init; }

    /// <summary>The text that the model wrote.</summary>
    public string? Output { get; init; }

    /// <summary>The least likely spans.</summary>
    public IReadOnlyList<UnlikelySpan> Surprising { get; init; } = [];

    /// <summary>Whether it was broken off.</summary>
    public bool Partial { get; init; }

    /// <summary>The result of a window after which a text was written.</summary>
    /// <param name="written">The text.</param>
    /// <param name="covered">Tokens of the core that the prompt covers.</param>
    public static WindowResult Of(GeneratedText written, int covered) =>
        new()
        {
            Covered = written is { IsPartial: true, NewTokens: 0 } ? 0 : covered,
            TokensRead = written.TokensRead,
            NewTokens = written.NewTokens,
            TokenLikelihood = written.TokenLikelihood,
            Output = written.Text,
            Partial = written.IsPartial,
        };
}
