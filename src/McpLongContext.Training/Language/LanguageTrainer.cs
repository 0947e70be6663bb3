using McpLongContext.Training.Infini;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Language;

/// <summary>
/// Trains all weights of a model, and its gates, to predict the next token, segment by segment with the compressive
/// memory of those before.
/// </summary>
internal sealed class LanguageTrainer : ITrainer
{
    private readonly InfiniDecoder _model;
    private readonly ISequenceSource _source;
    private readonly LanguageSettings _settings;
    private readonly Func<TrainingState, CancellationToken, IReadOnlyDictionary<string, double>> _measure;
    private readonly Action _keep;

    /// <summary>Creates a training.</summary>
    /// <param name="model">The model, all of whose weights are trained.</param>
    /// <param name="source">The sequences.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="measure">Further measurements of what is held out, besides loss and accuracy.</param>
    /// <param name="keep">Keeps the model as it is now.</param>
    public LanguageTrainer(
        InfiniDecoder model,
        ISequenceSource source,
        LanguageSettings settings,
        Func<TrainingState, CancellationToken, IReadOnlyDictionary<string, double>> measure,
        Action keep
    )
    {
        (_model, _source, _settings, _measure, _keep) = (model, source, settings, measure, keep);
        Weights = [.. model.Weights.OrderBy(one => one.Key).Select(one => one.Value)];
        Optimizer = new TrainingOptimizer(
            Weights,
            model.Gates,
            new OptimizerSettings
            {
                Steps = settings.Steps,
                LearningRate = settings.LearningRate,
                GateLearningRate = settings.GateLearningRate,
                WarmUp = settings.WarmUp,
                Decay = settings.Decay,
            }
        );
    }

    /// <inheritdoc />
    public string Shape =>
        $"rule {_settings.Adapter.Rule}, segments of {_settings.SegmentTokens}, layers with memory "
        + (_settings.Adapter.Layers is { } layers ? string.Join(' ', layers.Order()) : "all");

    /// <inheritdoc />
    public TrainingState State { get; set; } = new();

    /// <inheritdoc />
    public IEnumerable<Parameter> Parameters => Weights.Concat(_model.Gates);

    /// <inheritdoc />
    public TrainingOptimizer Optimizer { get; }

    /// <inheritdoc />
    public bool MayEnd => true;

    private IReadOnlyList<Parameter> Weights { get; }

    /// <inheritdoc />
    public void Begin() { }

    /// <inheritdoc />
    public StepResult Step(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var step = State.Step + 1;
        var random = new Random(Seeds.Of(_settings.Seed, step));
        var (loss, accuracy) = Read(_source.Draw(random, _settings.BatchSize, heldOut: false));
        var result = new StepResult(
            new Dictionary<string, double> { ["next token"] = loss.item<float>() },
            new Dictionary<string, double> { ["next token"] = accuracy }
        );
        if (result.IsFinite)
        {
            Optimizer.Step(loss, step);
            State = State with { Step = step };
        }

        return result;
    }

    /// <inheritdoc />
    public Evaluation Evaluate(CancellationToken cancellation)
    {
        var (losses, accuracies) = (new List<double>(), new List<double>());
        for (var i = 0; i < _settings.HeldOut; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var random = new Random(Seeds.Of(_settings.Seed, uint.MaxValue - i));
            var (loss, accuracy) = Read(_source.Draw(random, 1, heldOut: true));
            losses.Add(loss.item<float>());
            accuracies.Add(accuracy);
        }

        var measured = new Dictionary<string, double>(_measure(State, cancellation))
        {
            ["loss"] = losses.Average(),
            ["accuracy"] = accuracies.Average(),
        };
        return new Evaluation(-losses.Average(), measured, AdapterExport.Gates(_model));
    }

    /// <inheritdoc />
    public void Keep() => _keep();

    public void Dispose() => Optimizer.Dispose();

    /// <summary>Loss and share of right predictions over whole sequences.</summary>
    private (Tensor Loss, double Accuracy) Read(Sequences sequences)
    {
        var tokens = tensor(sequences.Tokens).reshape(sequences.Count, sequences.Segments, -1);
        var targets = tensor(sequences.Targets);
        var asked = targets.ge(0).nonzero().squeeze(-1);
        var states = _model.Read(tokens).States.reshape(-1, _model.Config.HiddenSize);
        var logits = _model.Logits(states.index_select(0, asked));
        var expected = targets.index_select(0, asked);
        var right = logits.argmax(-1).eq(expected).to_type(ScalarType.Float32).mean();
        return (nn.functional.cross_entropy(logits, expected), right.item<float>());
    }
}
