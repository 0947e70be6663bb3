using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tasks;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>
/// Trains the gates and LoRA adapters of a model, step by step. What a step does follows from the settings, the state
/// and the parameters alone, so that a training that was broken off continues as if it had not been.
/// </summary>
internal sealed class InfiniTrainer : IDisposable
{
    private const int LeastBatch = 4;
    private const int DefaultBatch = 16;

    /// <summary>Segments of a step, about, after the first level, for the default batch.</summary>
    private const int StepSegments = 24;

    /// <summary>How much of the moving average a step replaces.</summary>
    private const double Momentum = 0.1;

    private readonly InfiniDecoder _model;
    private readonly InfiniSettings _settings;
    private readonly Tokenizer _tokenizer;
    private readonly TaskMix _tasks;
    private readonly ExampleBuilder _examples;
    private readonly Curriculum _curriculum;

    public InfiniTrainer(
        InfiniDecoder model,
        Tokenizer tokenizer,
        FillerText filler,
        TaskMix tasks,
        InfiniSettings settings
    )
    {
        (_model, _tokenizer, _tasks, _settings) = (model, tokenizer, tasks, settings);
        _examples = new ExampleBuilder(tokenizer, filler);
        _curriculum = new Curriculum(settings.SegmentTokens);
        Optimizer = new InfiniOptimizer(model, settings);
    }

    /// <summary>Holds the moments.</summary>
    public InfiniOptimizer Optimizer { get; }

    /// <summary>How far the training is.</summary>
    public TrainingState State { get; set; } = new();

    /// <summary>Whether the last level is reached.</summary>
    public bool IsAtLastLevel => State.Level == _curriculum.Last;

    /// <summary>Takes a step. Where its loss is no number, nothing was changed.</summary>
    public StepResult Step()
    {
        using var scope = NewDisposeScope();
        var step = State.Step + 1;
        var batch = Draw(new Random(SeedOf(_settings.Seed, step)));
        var states = SegmentReader.Read(_model, batch, _settings.Horizon);
        var logits = _model.Logits(states.index_select(0, batch.Positions));
        var losses = nn.functional.cross_entropy(logits, batch.Targets, reduction: nn.Reduction.None);
        var answer = Mean(losses.narrow(0, 0, batch.AnswerTargets));
        var language = Mean(losses.narrow(0, batch.AnswerTargets, losses.shape[0] - batch.AnswerTargets));
        var result = new StepResult(
            answer.item<float>(),
            language.item<float>(),
            ExactByTask(batch, logits),
            (int)batch.Tokens.numel()
        );
        if (!result.IsFinite)
        {
            return result;
        }

        Optimizer.Step(answer + (language * _settings.LanguageWeight), step);
        State = Advance(State with { Step = step, StepsAtLevel = State.StepsAtLevel + 1 }, result);
        return result;
    }

    public void Dispose() => Optimizer.Dispose();

    /// <summary>Mixes seed and step: the system's generator gives similar numbers for successive seeds.</summary>
    internal static int SeedOf(int seed, int step)
    {
        var mixed = (((ulong)(uint)seed << 32) | (uint)step) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93;
        return (int)(mixed >> 33);
    }

    private static Tensor Mean(Tensor losses) => losses.numel() == 0 ? zeros(1).sum() : losses.mean();

    private Batch Draw(Random random)
    {
        var shape = _curriculum.ShapeOf(State.Level, random);
        var count =
            State.Level == 0
                ? _settings.BatchSize
                : Math.Max(LeastBatch, StepSegments * _settings.BatchSize / DefaultBatch / (shape.Segments + 1));
        var samples = Enumerable
            .Range(0, count)
            .Select(_ => _tasks.Draw(random, State.Level))
            .Select(drawn => (drawn.Task.Name, Tokens: SampleTokens.Of(_tokenizer, drawn.Sample)))
            .ToList();
        var needed = samples.Max(sample => ExampleBuilder.SegmentsFor(sample.Tokens, shape.SegmentTokens));
        shape = shape with { Segments = Math.Max(shape.Segments, needed) };
        return new Batch(
            samples.ConvertAll(sample =>
                _examples.Build(random, sample.Name, sample.Tokens, shape, _settings.LanguageTargets)
            ),
            shape
        );
    }

    private static Dictionary<string, double> ExactByTask(Batch batch, Tensor logits)
    {
        var right = logits.argmax(-1).eq(batch.Targets).data<bool>().ToArray();
        var at = 0;
        return batch
            .Examples.Where(example => example.Answer.Count > 0)
            .Select(example =>
            {
                var isExact = Array.TrueForAll(right[at..(at + example.Answer.Count)], one => one);
                at += example.Answer.Count;
                return (example.Task, IsExact: isExact);
            })
            .ToList()
            .GroupBy(one => one.Task)
            .ToDictionary(group => group.Key, group => group.Average(one => one.IsExact ? 1.0 : 0));
    }

    /// <summary>The next level, once the first task is mostly done rightly.</summary>
    private TrainingState Advance(TrainingState state, StepResult result)
    {
        if (!result.Exact.TryGetValue(_tasks.Tasks[0].Task.Name, out var exact))
        {
            return state;
        }

        state = state with { Exact = state.Exact + (Momentum * (exact - state.Exact)) };
        return
            state.Exact > Curriculum.Threshold
            && state.StepsAtLevel > Curriculum.LeastSteps
            && state.Level < _curriculum.Last
            ? state with
            {
                Level = state.Level + 1,
                StepsAtLevel = 0,
                Exact = state.Exact * 0.9,
            }
            : state;
    }
}
