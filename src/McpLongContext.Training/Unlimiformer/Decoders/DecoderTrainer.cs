using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Modules.Retrieval;
using McpLongContext.Training.Tasks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Unlimiformer.Decoders;

/// <summary>Trains LoRA adapters of a decoder to answer from documents by retrieval attention.</summary>
internal sealed class DecoderTrainer : ITrainer
{
    /// <summary>Tokens of the documents of each level.</summary>
    private static readonly int[] s_lengths = [64, 128, 256, 512, 1_024, 2_048];

    /// <summary>Texts that plain text is measured on, and their tokens in the window.</summary>
    private const int PlainTexts = 2;
    private const int HeldOutPlainTexts = 4;
    private const int MostPlainTokens = 128;

    private static readonly PerLayerMode s_mode = new();

    private readonly InfiniDecoder _model;
    private readonly RetrievalDecoder _reader;
    private readonly QuestionExamples _examples;
    private readonly ExampleBuilder _plain;
    private readonly TaskMix _tasks;
    private readonly DecoderSettings _settings;
    private readonly Func<CancellationToken, IReadOnlyDictionary<string, double>> _measure;
    private readonly Action _keep;

    /// <summary>Creates a training.</summary>
    /// <param name="model">The model with LoRA adapters.</param>
    /// <param name="reader">Lets it read documents.</param>
    /// <param name="examples">Documents and questions.</param>
    /// <param name="plain">Plain text.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="measure">Asks the engine about what is held out.</param>
    /// <param name="keep">Keeps the model as it was measured last.</param>
    public DecoderTrainer(
        InfiniDecoder model,
        RetrievalDecoder reader,
        QuestionExamples examples,
        ExampleBuilder plain,
        TaskMix tasks,
        DecoderSettings settings,
        Func<CancellationToken, IReadOnlyDictionary<string, double>> measure,
        Action keep
    )
    {
        (_model, _reader, _examples, _plain, _tasks, _settings) = (model, reader, examples, plain, tasks, settings);
        (_measure, _keep) = (measure, keep);
        State = new TrainingState();
        Optimizer = new TrainingOptimizer(
            model.Changes,
            [],
            new OptimizerSettings
            {
                Steps = settings.Steps,
                LearningRate = settings.LearningRate,
                WarmUp = settings.WarmUp,
            }
        );
    }

    /// <inheritdoc />
    public string Shape =>
        $"{_settings.Mode}, from layer {_settings.LayerBeginOf(_model.Config.LayerCount)} on, rank {_settings.Adapter.Rank}, "
        + $"alpha {_settings.Adapter.Alpha}";

    /// <inheritdoc />
    /// <remarks>Never below the first level of the first task, whose answers decide when the next one begins.</remarks>
    public TrainingState State
    {
        get;
        set => field = value with { Level = Math.Max(value.Level, _tasks.FirstLevel) };
    }

    /// <inheritdoc />
    public IEnumerable<Parameter> Parameters => _model.Changes;

    /// <inheritdoc />
    public TrainingOptimizer Optimizer { get; }

    /// <inheritdoc />
    public bool MayEnd => State.Level == Last;

    private static int Last => s_lengths.Length - 1;

    /// <summary>Grows with the levels: first the model has to learn to use what it retrieves.</summary>
    private double PlainWeight => _settings.PlainWeight * (State.Level + 1) / s_lengths.Length;

    /// <inheritdoc />
    public void Begin() { }

    /// <inheritdoc />
    public StepResult Step(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var step = State.Step + 1;
        var random = new Random(Seeds.Of(_settings.Seed, step));
        var mode = _settings.Mode.At(step);
        var (level, length) = (State.Level, s_lengths[State.Level]);
        var batch = _examples.Draw(random, level, length, _settings.StepTokens, _settings.MostQuestions);
        var selection = new RetrievalSelection(
            mode == UnlimiformerMode.Random
                ? new RandomHits(s_mode.Neighbors, random)
                : new NearestHits(s_mode.Neighbors),
            s_mode,
            _model.Config.ContextLength
        );
        var states = mode == UnlimiformerMode.Truncation ? ReadEnds(batch, out batch) : Read(batch, selection);
        var logits = _model.Logits(batch.StatesOf(states));
        var answer = nn.functional.cross_entropy(logits, batch.Expected);
        var plain = Plain(random, PlainTexts, heldOut: false);
        var shares = batch.ExactByTask(logits);
        if (selection.GoldShares.Count > 0)
        {
            shares["gold retrieved"] = selection.GoldShares.Average();
            shares["gold retrieved by the best head"] = selection.GoldShares.Max();
        }

        var result = new StepResult(
            new Dictionary<string, double> { ["answers"] = answer.item<float>(), ["plain text"] = plain.item<float>() },
            shares,
            mode == UnlimiformerMode.Retrieval ? selection.SearchTime.TotalSeconds : null
        );
        if (!result.IsFinite)
        {
            return result;
        }

        Optimizer.Step(answer + (plain * PlainWeight), step);
        State = State with { Step = step, StepsAtLevel = State.StepsAtLevel + 1 };
        // Of an alternating training, answers from random tokens say nothing about how well it retrieves.
        if (mode == _settings.Mode || mode == UnlimiformerMode.Retrieval)
        {
            State = Advance(State, result);
        }

        return result;
    }

    /// <inheritdoc />
    public Evaluation Evaluate(CancellationToken cancellation)
    {
        var recall = _measure(cancellation);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var plain = Plain(new Random(_settings.Seed), HeldOutPlainTexts, heldOut: true).item<float>();
        var way = _settings.TestsUnlimiformer ? DecoderEvaluation.PerLayer : DecoderEvaluation.Window;
        var counted = recall.Where(one => one.Key.EndsWith(way, StringComparison.Ordinal)).Average(one => one.Value);
        return new Evaluation(counted - plain, new Dictionary<string, double>(recall) { ["plain text"] = plain });
    }

    /// <inheritdoc />
    public void Keep() => _keep();

    public void Dispose() => Optimizer.Dispose();

    private Tensor Read(QuestionBatch batch, RetrievalSelection selection) =>
        _reader.Read(batch.Rows, _reader.Encode(batch.Documents), selection);

    /// <summary>Reads questions after the ends of their documents, as the plain model does.</summary>
    private Tensor ReadEnds(QuestionBatch batch, out QuestionBatch truncated)
    {
        truncated = _examples.Truncate(batch);
        return _model.Read(RetrievalDecoder.Rectangle(truncated.Rows).unsqueeze(0)).States.squeeze(0);
    }

    /// <summary>How far the LoRA adapters move the model on plain text.</summary>
    private Tensor Plain(Random random, int texts, bool heldOut)
    {
        var shape = new ExampleShape(
            Math.Min(MostPlainTokens, _model.Config.ContextLength),
            Segments: 1,
            MostWeight: 1
        );
        var positions = Math.Max(1, _settings.PlainPositions / PlainTexts);
        using var batch = new Batch(
            [.. Enumerable.Range(0, texts).Select(_ => _plain.BuildPlain(random, shape, positions, heldOut))],
            shape
        );
        var states = _model.Read(batch.Tokens).States.reshape(-1, _model.Config.HiddenSize);
        return PlainTextLoss.Of(_model, batch, states);
    }

    /// <summary>Longer documents, once the first task is mostly done rightly.</summary>
    private TrainingState Advance(TrainingState state, StepResult result) =>
        result.Shares.TryGetValue(_tasks.Tasks[0].Task.Name, out var exact)
            ? LevelRule.Advance(state, exact, Last)
            : state;
}
