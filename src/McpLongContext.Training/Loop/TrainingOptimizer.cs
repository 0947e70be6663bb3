using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Loop;

/// <summary>
/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) for weights, with a warm-up and a linear descent to a tenth; Adam
/// with a constant, higher rate for the gates.
/// </summary>
internal sealed class TrainingOptimizer : IDisposable
{
    private const double MostGradient = 1;
    private const double LastRate = 0.1;
    private const double Beta2 = 0.98;

    private readonly OptimizerSettings _settings;
    private readonly IReadOnlyList<Parameter> _weights;
    private readonly AdamW _matrices;
    private readonly IReadOnlyList<optim.Optimizer> _all;

    /// <summary>Creates one.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="gates">The gates; perhaps none.</param>
    /// <param name="settings">The rates.</param>
    public TrainingOptimizer(
        IReadOnlyList<Parameter> weights,
        IReadOnlyList<Parameter> gates,
        OptimizerSettings settings
    )
    {
        (_settings, _weights) = (settings, weights);
        var vectors = weights.Where(weight => weight.ndim < 2).ToList();
        _matrices = optim.AdamW(
            weights.Where(weight => weight.ndim >= 2),
            settings.LearningRate,
            beta2: Beta2,
            weight_decay: settings.Decay
        );
        List<optim.Optimizer> all = [_matrices];
        if (vectors.Count > 0)
        {
            all.Add(optim.AdamW(vectors, settings.LearningRate, beta2: Beta2, weight_decay: 0));
        }

        Scheduled = [.. all];
        if (gates.Count > 0)
        {
            all.Add(optim.Adam(gates, settings.GateLearningRate));
        }

        _all = all;
    }

    /// <summary>Those whose rate rises and falls.</summary>
    private IReadOnlyList<optim.Optimizer> Scheduled { get; }

    /// <summary>Takes a step along the gradients of a loss.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="step">From 1.</param>
    /// <param name="goOn">Goes on to gradients that the loss does not reach by itself; null: it reaches all.</param>
    public void Step(Tensor loss, int step, Action? goOn = null)
    {
        var descent = 1 - ((1 - LastRate) * step / _settings.Steps);
        var rate = _settings.LearningRate * Math.Min(1, (double)step / _settings.WarmUp) * descent;
        foreach (var group in Scheduled.SelectMany(one => one.ParamGroups))
        {
            group.LearningRate = rate;
        }

        foreach (var one in _all)
        {
            one.zero_grad();
        }

        loss.backward();
        goOn?.Invoke();
        nn.utils.clip_grad_norm_(_weights, MostGradient);
        foreach (var one in _all)
        {
            one.step();
        }
    }

    /// <summary>The state of all, to be continued.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (var one in _all)
        {
            State(one).save_state_dict(writer);
        }
    }

    /// <summary>Takes over a state.</summary>
    public void Load(BinaryReader reader)
    {
        foreach (var one in _all)
        {
            State(one).load_state_dict(reader);
        }
    }

    public void Dispose()
    {
        foreach (var one in _all)
        {
            one.Dispose();
        }
    }

    private static OptimizerHelper State(optim.Optimizer optimizer) => (OptimizerHelper)optimizer;
}
