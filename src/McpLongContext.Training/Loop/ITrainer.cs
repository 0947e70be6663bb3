using TorchSharp.Modules;

namespace McpLongContext.Training.Loop;

/// <summary>
/// A training that a <see cref="TrainingLoop"/> runs. What a step does follows from the settings, the state and the
/// parameters alone, so that one that was broken off continues as if it had not been.
/// </summary>
internal interface ITrainer : IDisposable
{
    /// <summary>The settings that must stay when a training continues, in words.</summary>
    public string Shape { get; }

    /// <summary>How far the training is.</summary>
    public TrainingState State { get; set; }

    /// <summary>The trained parameters, in an order that does not change.</summary>
    public IEnumerable<Parameter> Parameters { get; }

    /// <summary>Holds the moments.</summary>
    public TrainingOptimizer Optimizer { get; }

    /// <summary>Whether the training may end when nothing is gained any more.</summary>
    public bool MayEnd { get; }

    /// <summary>Called once before the first step.</summary>
    public void Begin();

    /// <summary>Takes a step. Where its loss is no number, nothing was changed.</summary>
    /// <param name="cancellation">Breaks it off where a step takes long; nothing was changed then either.</param>
    public StepResult Step(CancellationToken cancellation);

    /// <summary>Measures what the parameters are worth now.</summary>
    /// <param name="cancellation">Breaks it off.</param>
    public Evaluation Evaluate(CancellationToken cancellation);

    /// <summary>Keeps the parameters as they were measured last: they are the best ones so far.</summary>
    public void Keep();
}
