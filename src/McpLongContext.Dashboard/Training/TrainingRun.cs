namespace McpLongContext.Dashboard.Training;

/// <summary>A training, as far as its metrics tell.</summary>
/// <param name="Name">The folder of the run.</param>
/// <param name="Lines">The measurements, in the order of their steps.</param>
public sealed record TrainingRun(string Name, IReadOnlyList<TrainingLine> Lines)
{
    /// <summary>The last step.</summary>
    public int Steps => Lines is [.., var last] ? last.Step : 0;

    /// <summary>The last level of the curriculum, from 0.</summary>
    public int Level => Lines is [.., var last] ? last.Level : 0;

    /// <summary>Seconds since the training began.</summary>
    public double Seconds => Lines is [.., var last] ? last.Seconds : 0;

    /// <summary>The last negative log-likelihood of a token of an answer, in nats.</summary>
    public double? Loss => Lines.LastOrDefault(line => line.AnswerLoss is not null)?.AnswerLoss;

    /// <summary>The last recall on held-out texts, by tokens of the text.</summary>
    public IReadOnlyDictionary<int, double> Recall =>
        Lines.LastOrDefault(line => line.HeldOut is not null)?.HeldOut ?? new Dictionary<int, double>();

    /// <summary>The last gates, sigmoid(beta), <c>[layers][heads]</c>.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Gates =>
        Lines.LastOrDefault(line => line.Gates is not null)?.Gates ?? [];
}

/// <summary>A line of the metrics: a step, or an evaluation of what is held out.</summary>
public sealed record TrainingLine
{
    /// <summary>From 1.</summary>
    public int Step { get; init; }

    /// <summary>The level of the curriculum, from 0.</summary>
    public int Level { get; init; }

    /// <summary>Negative log-likelihood of a token of an answer, in nats.</summary>
    public double? AnswerLoss { get; init; }

    /// <summary>The same of plain text.</summary>
    public double? LanguageLoss { get; init; }

    /// <summary>The share of right answers on what is held out, by tokens of the text.</summary>
    public IReadOnlyDictionary<int, double>? HeldOut { get; init; }

    /// <summary>sigmoid(beta) by layer and head.</summary>
    public IReadOnlyList<IReadOnlyList<double>>? Gates { get; init; }

    /// <summary>Seconds since the training began.</summary>
    public double Seconds { get; init; }
}
