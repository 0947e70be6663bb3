namespace McpLongContext.Training.Reports;

/// <summary>A line of the metrics: a step, or an evaluation of what is held out.</summary>
internal sealed record MetricsLine
{
    /// <summary>From 1.</summary>
    public required int Step { get; init; }

    /// <summary>The level of the curriculum, from 0.</summary>
    public int Level { get; init; }

    /// <summary>The losses of a step by name, in nats a token.</summary>
    public IReadOnlyDictionary<string, double>? Losses { get; init; }

    /// <summary>Shares of right predictions and other measurements of a step, by name.</summary>
    public IReadOnlyDictionary<string, double>? Shares { get; init; }

    /// <summary>Seconds of retrieval in a step.</summary>
    public double? SearchSeconds { get; init; }

    /// <summary>The measurements on what is held out, by name.</summary>
    public IReadOnlyDictionary<string, double>? HeldOut { get; init; }

    /// <summary>sigmoid(beta) by layer and head.</summary>
    public IReadOnlyList<IReadOnlyList<double>>? Gates { get; init; }

    /// <summary>Seconds since the training began.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds of the processor.</summary>
    public double ProcessorSeconds { get; init; }
}
