using McpLongContext.Training.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>
/// AdamW without decay for the LoRA adapters, with a warm-up and a linear descent to a tenth; Adam with a constant,
/// higher rate for the gates.
/// </summary>
internal sealed class InfiniOptimizer : IDisposable
{
    private const double MostGradient = 1;
    private const double LastRate = 0.1;

    private readonly InfiniSettings _settings;
    private readonly IReadOnlyList<Parameter> _changes;
    private readonly AdamW _changesOptimizer;
    private readonly Adam _gatesOptimizer;

    public InfiniOptimizer(InfiniDecoder model, InfiniSettings settings)
    {
        _settings = settings;
        _changes = model.Changes;
        _changesOptimizer = optim.AdamW(_changes, settings.LearningRate, beta2: 0.98, weight_decay: 0);
        _gatesOptimizer = optim.Adam(model.Gates, settings.GateLearningRate);
    }

    /// <summary>Takes a step along the gradients of a loss.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="step">From 1.</param>
    public void Step(Tensor loss, int step)
    {
        var descent = 1 - ((1 - LastRate) * step / _settings.Steps);
        foreach (var group in _changesOptimizer.ParamGroups)
        {
            group.LearningRate = _settings.LearningRate * Math.Min(1, (double)step / _settings.WarmUp) * descent;
        }

        _changesOptimizer.zero_grad();
        _gatesOptimizer.zero_grad();
        loss.backward();
        nn.utils.clip_grad_norm_(_changes, MostGradient);
        _changesOptimizer.step();
        _gatesOptimizer.step();
    }

    /// <summary>The state of both, to be continued.</summary>
    public void Save(BinaryWriter writer)
    {
        _changesOptimizer.save_state_dict(writer);
        _gatesOptimizer.save_state_dict(writer);
    }

    /// <summary>Takes over a state.</summary>
    public void Load(BinaryReader reader)
    {
        _changesOptimizer.load_state_dict(reader);
        _gatesOptimizer.load_state_dict(reader);
    }

    public void Dispose()
    {
        _changesOptimizer.Dispose();
        _gatesOptimizer.Dispose();
    }
}
