using McpLongContext.Training.Examples;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tasks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>Trains the gates and LoRA adapters of a model to answer from compressive memory.</summary>
internal sealed class InfiniTrainer : ITrainer
{
    /// <summary>Examples of plain text that is measured on.</summary>
    private const int PlainExamples = 4;

    /// <summary>Their positions in a segment.</summary>
    private const int PlainPositions = 16;

    private const int LeastBatch = 4;
    private const int DefaultBatch = 16;

    /// <summary>Segments of a step, about, after the first level, for the default batch.</summary>
    private const int StepSegments = 24;

    private readonly InfiniDecoder _model;
    private readonly InfiniSettings _settings;
    private readonly TaskMix _tasks;
    private readonly FittingSamples _samples;
    private readonly ExampleBuilder _examples;
    private readonly Curriculum _curriculum;
    private readonly HeldOutEvaluation _evaluation;
    private readonly AdapterFile _file;
    private readonly StartingAdapter? _start;

    public InfiniTrainer(
        InfiniDecoder model,
        ExampleBuilder examples,
        FittingSamples samples,
        TaskMix tasks,
        InfiniSettings settings,
        HeldOutEvaluation evaluation,
        AdapterFile file,
        StartingAdapter? start
    )
    {
        (_model, _examples, _samples, _tasks, _settings) = (model, examples, samples, tasks, settings);
        (_evaluation, _file, _start) = (evaluation, file, start);
        _curriculum = new Curriculum(settings.SegmentTokens);
        State = new TrainingState();
        Optimizer = new TrainingOptimizer(
            model.Changes,
            model.Gates,
            new OptimizerSettings
            {
                Steps = settings.Steps,
                LearningRate = settings.LearningRate,
                GateLearningRate = settings.GateLearningRate,
                WarmUp = settings.WarmUp,
            }
        );
    }

    /// <inheritdoc />
    public string Shape =>
        $"rule {_settings.Adapter.Rule}, rank {_settings.Adapter.Rank}, alpha {_settings.Adapter.Alpha}, segments of "
        + $"{_settings.SegmentTokens}";

    /// <inheritdoc />
    /// <remarks>Never below the first level of the first task, whose answers decide when the next one begins.</remarks>
    public TrainingState State
    {
        get;
        set => field = value with { Level = Math.Max(value.Level, _tasks.FirstLevel) };
    }

    /// <inheritdoc />
    public IEnumerable<Parameter> Parameters => _model.Changes.Concat(_model.Gates);

    /// <inheritdoc />
    public TrainingOptimizer Optimizer { get; }

    /// <inheritdoc />
    public bool MayEnd => State.Level == _curriculum.Last;

    /// <summary>
    /// Grows with the levels: first the model has to learn to use the memory at all, and then to stay what it was.
    /// </summary>
    private double PlainWeight => _settings.PlainWeight * (State.Level + 1) / (_curriculum.Last + 1);

    /// <inheritdoc />
    public void Begin()
    {
        if (_start is not null)
        {
            AdapterExport.Load(_model, _start);
        }

        // In a large model each head would cost minutes.
        if (_start?.Gates is not null || _settings.Adapter.IsByLayer)
        {
            return;
        }

        using var scope = NewDisposeScope();
        MemoryHeads.Choose(_model, PlainBatch(heldOut: false), _settings.Adapter);
    }

    /// <inheritdoc />
    public StepResult Step(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var step = State.Step + 1;
        var batch = Draw(new Random(Seeds.Of(_settings.Seed, step)));
        var reading = _settings.Adapter.IsByLayer ? new LayerwiseReading(_model) : null;
        var states =
            reading?.Read(batch.Tokens, batch.Weights, cancellation).reshape(-1, _model.Config.HiddenSize)
            ?? SegmentReader.Read(_model, batch, _settings.Horizon, cancellation);
        var logits = _model.Logits(states.index_select(0, batch.AnswerPositions));
        var answer = logits.shape[0] == 0 ? zeros(1).sum() : nn.functional.cross_entropy(logits, batch.AnswerTokens);
        var plain = PlainTextLoss.Of(_model, batch, states, cancellation: cancellation);
        var result = new StepResult(
            new Dictionary<string, double> { ["answers"] = answer.item<float>(), ["plain text"] = plain.item<float>() },
            ExactByTask(batch, logits)
        );
        if (!result.IsFinite)
        {
            return result;
        }

        Optimizer.Step(
            answer + (plain * PlainWeight),
            step,
            reading is null ? null : () => reading.Backward(cancellation)
        );
        State = Advance(State with { Step = step, StepsAtLevel = State.StepsAtLevel + 1 }, result);
        return result;
    }

    /// <inheritdoc />
    public Evaluation Evaluate(CancellationToken cancellation)
    {
        _file.Write(_model, _settings, State);
        var recall = _evaluation.Run(_file.Read(_model.Config), cancellation);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var batch = PlainBatch(heldOut: true);
        var states = SegmentReader.Read(_model, batch, horizon: null, cancellation);
        var plain = PlainTextLoss.Of(_model, batch, states, cancellation: cancellation).item<float>();
        return new Evaluation(
            // What is gained in answers, less what is lost on plain text.
            recall.Values.Average() - plain,
            new Dictionary<string, double>(recall) { ["plain text"] = plain },
            AdapterExport.Gates(_model)
        );
    }

    /// <inheritdoc />
    public void Keep() => _file.Keep();

    public void Dispose() => Optimizer.Dispose();

    /// <summary>Plain text to measure on, always the same.</summary>
    private Batch PlainBatch(bool heldOut)
    {
        var random = new Random(_settings.Seed);
        var shape = new ExampleShape(_settings.SegmentTokens, Segments: 3, MostWeight: 1);
        var examples = Enumerable
            .Range(0, PlainExamples)
            .Select(_ => _examples.BuildPlain(random, shape, PlainPositions, heldOut));
        return new Batch([.. examples], shape);
    }

    private Batch Draw(Random random)
    {
        var shape = _curriculum.ShapeOf(State.Level, random);
        var samples = new List<(ITrainingTask Task, SampleTokens Tokens)>();
        // Facts that need more segments leave room for fewer examples.
        while (samples.Count < CountOf(shape.Segments))
        {
            var (task, sample) = _samples.Draw(() => _tasks.Draw(random, State.Level), shape.SegmentTokens);
            var needed = ExampleBuilder.SegmentsFor(sample, shape.SegmentTokens);
            shape = shape with { Segments = Math.Max(shape.Segments, needed) };
            samples.Add((task, sample));
        }

        return new Batch(
            samples.ConvertAll(sample =>
                _examples.Build(
                    random,
                    sample.Task.Name,
                    sample.Tokens,
                    shape with
                    {
                        MostWeight = Math.Min(shape.MostWeight, sample.Task.MostWeight),
                    },
                    _settings.PlainPositions
                )
            ),
            shape
        );
    }

    /// <summary>Examples of a step.</summary>
    private int CountOf(int segments) =>
        State.Level == 0
            ? _settings.BatchSize
            : Math.Max(LeastBatch, StepSegments * _settings.BatchSize / DefaultBatch / (segments + 1));

    private static Dictionary<string, double> ExactByTask(Batch batch, Tensor logits)
    {
        if (logits.shape[0] == 0)
        {
            return [];
        }

        var right = logits.argmax(-1).eq(batch.AnswerTokens).data<bool>().ToArray();
        var at = 0;
        return batch
            .Examples.SelectMany(example => example.Answers.Select(answer => (example.Task, answer.Count)))
            .Select(answer =>
            {
                var isExact = Array.TrueForAll(right[at..(at + answer.Count)], one => one);
                at += answer.Count;
                return (answer.Task, IsExact: isExact);
            })
            .ToList()
            .GroupBy(one => one.Task)
            .ToDictionary(group => group.Key, group => group.Average(one => one.IsExact ? 1.0 : 0));
    }

    /// <summary>The next level, once the first task is mostly done rightly.</summary>
    private TrainingState Advance(TrainingState state, StepResult result) =>
        result.Shares.TryGetValue(_tasks.Tasks[0].Task.Name, out var exact)
            ? LevelRule.Advance(state, exact, _curriculum.Last)
            : state;
}
