namespace McpLongContext.Training.Reports;

/// <summary>A line of the metrics: a step, or an evaluation of what is held out.</summary>
internal sealed record MetricsLine
{
    /// <summary>From 1.</summary>
    public required int Step { get; init; }

    /// <summary>The level of the curriculum, from 0.</summary>
    public int Level { get; init; }

    /// <summary>Negative log-likelihood of a token of an answer, in nats.</summary>
    public double? AnswerLoss { get; init; }

    /// <summary>The same of plain text.</summary>
    public double? LanguageLoss { get; init; }

    /// <summary>The share of exact answers, by task.</summary>
    public IReadOnlyDictionary<string, double>? Exact { get; init; }

    /// <summary>The share of right answers on what is held out, by tokens of the text.</summary>
    public IReadOnlyDictionary<int, double>? HeldOut { get; init; }

    /// <summary>sigmoid(beta) by layer and head.</summary>
    public IReadOnlyList<IReadOnlyList<double>>? Gates { get; init; }

    /// <summary>Seconds since the training began.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds of the processor.</summary>
    public double ProcessorSeconds { get; init; }
}
