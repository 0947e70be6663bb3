using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules.EncoderDecoders;
using McpLongContext.Training.Unlimiformer.Examples;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>Trains all weights of an encoder-decoder to write targets from sources of any length.</summary>
internal sealed class UnlimiformerTrainer : ITrainer
{
    private readonly EncoderDecoderModel _model;
    private readonly SourceReader _reader;
    private readonly ISourceExamples _examples;
    private readonly UnlimiformerSettings _settings;
    private readonly Func<CancellationToken, TargetScores> _measure;
    private readonly Action _keep;

    /// <summary>Creates a training.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reader">Encodes sources.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="measure">Writes the answers to what is held out in the engine.</param>
    /// <param name="keep">Keeps the model as it was measured last.</param>
    public UnlimiformerTrainer(
        EncoderDecoderModel model,
        SourceReader reader,
        ISourceExamples examples,
        UnlimiformerSettings settings,
        Func<CancellationToken, TargetScores> measure,
        Action keep
    )
    {
        (_model, _reader, _examples, _settings, _measure, _keep) = (model, reader, examples, settings, measure, keep);
        Weights = [.. model.Weights.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value)];
        Optimizer = new TrainingOptimizer(
            [.. Weights.Except(model.RelativePositions, ReferenceEqualityComparer.Instance).Cast<Parameter>()],
            model.RelativePositions,
            new OptimizerSettings
            {
                Steps = settings.Steps,
                LearningRate = settings.LearningRate,
                GateLearningRate = settings.PositionLearningRate,
                WarmUp = settings.WarmUp,
                Decay = settings.Decay,
            }
        );
    }

    /// <inheritdoc />
    public string Shape => $"{_settings.Mode}, overlap {_settings.Overlap:0.###}";

    /// <inheritdoc />
    public TrainingState State { get; set; } = new();

    /// <inheritdoc />
    public IEnumerable<Parameter> Parameters => Weights;

    /// <inheritdoc />
    public TrainingOptimizer Optimizer { get; }

    /// <summary>In its second half: answers become right all at once, after a long while without any sign of it.</summary>
    public bool MayEnd => 2 * State.Step >= _settings.Steps;

    private IReadOnlyList<Parameter> Weights { get; }

    /// <inheritdoc />
    public void Begin() { }

    /// <inheritdoc />
    public StepResult Step(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var step = State.Step + 1;
        var random = new Random(Seeds.Of(_settings.Seed, step));
        var mode = _settings.Mode.At(step);
        var read = Read(Draw(random, (double)step / _settings.Steps), mode, random);
        var loss = stack(read.Select(one => one.Loss)).mean();
        var shares = new Dictionary<string, double> { ["exact"] = read.Average(one => one.Exact) };
        var gold = read.Select(one => one.Selection).OfType<RetrievedTokens>().Select(one => one.GoldShares);
        if (gold.OfType<Tensor>().ToList() is { Count: > 0 } found)
        {
            var byHead = stack(found).mean([0]);
            shares["gold retrieved"] = byHead.mean().item<float>();
            shares["gold retrieved by the best head"] = byHead.max().item<float>();
        }

        var result = new StepResult(
            new Dictionary<string, double> { ["answer"] = loss.item<float>() },
            shares,
            mode == UnlimiformerMode.Retrieval
                ? read.Sum(one => ((RetrievedTokens)one.Selection).SearchTime.TotalSeconds)
                : null
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
        var mode = _settings.TestsUnlimiformer ? UnlimiformerMode.Retrieval : UnlimiformerMode.Truncation;
        var losses = new List<double>();
        foreach (var example in _examples.HeldOut)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            losses.Add(Read([example], mode, new Random(_settings.Seed))[0].Loss.item<float>());
        }

        var (score, scores) = _measure(cancellation);
        var measured = new Dictionary<string, double>(scores) { ["loss"] = losses.Average() };
        return new Evaluation(score - losses.Average(), measured);
    }

    /// <inheritdoc />
    public void Keep() => _keep();

    public void Dispose() => Optimizer.Dispose();

    /// <summary>The examples of a step.</summary>
    private List<SourceExample> Draw(Random random, double progress)
    {
        var drawn = new List<SourceExample>();
        var left = _settings.StepTokens;
        while (drawn.Count < _settings.BatchSize)
        {
            var next = _examples.Draw(random, progress);
            left -= Math.Min(next.Source.Length, _settings.MaxSourceTokens);
            if (left < 0 && drawn.Count > 0)
            {
                break;
            }

            drawn.Add(next);
        }

        return drawn;
    }

    /// <summary>Reads sources and what is written from each.</summary>
    private List<(Tensor Loss, double Exact, ISourceSelection Selection)> Read(
        IReadOnlyList<SourceExample> examples,
        UnlimiformerMode mode,
        Random random
    )
    {
        var most = mode == UnlimiformerMode.Truncation ? _reader.Room : _settings.MaxSourceTokens;
        var sources = _reader.Read([.. examples.Select(one => one.Source[..Math.Min(one.Source.Length, most)])]);
        return [.. sources.Zip(examples, (source, example) => Read(source, example.Targets, mode, random))];
    }

    /// <summary>The negative log-likelihood of the answers, and the share of those that are right.</summary>
    private (Tensor Loss, double Exact, ISourceSelection Selection) Read(
        Tensor source,
        IReadOnlyList<TargetExample> targets,
        UnlimiformerMode mode,
        Random random
    )
    {
        var batch = TargetBatch.Of(_model.Config, targets, _reader.Before);
        var selection = SelectionOf(mode, batch.Gold, random);
        var logits = _model.Logits(batch.Tokens, source, selection);
        var loss = nn.functional.cross_entropy(logits.flatten(0, 1), batch.Expected.flatten());
        var wrong = logits.argmax(-1).ne(batch.Expected).logical_and(batch.Expected.ne(TargetBatch.None));
        return (loss, 1 - wrong.any(-1, keepdim: false).to_type(ScalarType.Float32).mean().item<float>(), selection);
    }

    private ISourceSelection SelectionOf(UnlimiformerMode mode, Tensor? gold, Random random)
    {
        var top = TargetEvaluation.TopOf(_model.Config);
        return mode switch
        {
            UnlimiformerMode.Retrieval => new RetrievedTokens(top, gold),
            UnlimiformerMode.Random => new RandomTokens(top, random),
            _ => new WholeSource(),
        };
    }
}
