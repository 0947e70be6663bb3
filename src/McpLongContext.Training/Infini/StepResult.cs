namespace McpLongContext.Training.Infini;

/// <summary>A step of training.</summary>
/// <param name="AnswerLoss">Negative log-likelihood of a token of an answer, in nats.</param>
/// <param name="LanguageLoss">The same of plain text.</param>
/// <param name="Exact">The share of answers that are right token for token, by task.</param>
/// <param name="Tokens">Tokens read.</param>
internal sealed record StepResult(
    double AnswerLoss,
    double LanguageLoss,
    IReadOnlyDictionary<string, double> Exact,
    int Tokens
)
{
    /// <summary>Whether the losses are numbers.</summary>
    public bool IsFinite => double.IsFinite(AnswerLoss) && double.IsFinite(LanguageLoss);
}
