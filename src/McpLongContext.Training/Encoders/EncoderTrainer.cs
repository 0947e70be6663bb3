using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Training.Encoders.Pairs;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules.Bert;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Encoders;

/// <summary>Trains an adapter of an encoder to find passages by questions.</summary>
internal sealed class EncoderTrainer : ITrainer
{
    /// <summary>Passages from which the directions of a projection are taken.</summary>
    private const int ProjectionPassages = 64;

    private readonly BertModule _model;
    private readonly BertEncoder _plain;
    private readonly string _folder;
    private readonly IReadOnlyList<PairSource> _sources;
    private readonly IReadOnlyList<TokenRarity> _rarity;
    private readonly EncoderSettings _settings;
    private readonly HeldOutRanking _ranking;
    private readonly EncoderAdapterFile _file;

    /// <summary>Creates a training.</summary>
    /// <param name="model">The encoder to be adapted.</param>
    /// <param name="plain">The encoder without adapter, for its tokenizer.</param>
    /// <param name="folder">The encoder's folder.</param>
    /// <param name="sources">The pairs.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="threads">Threads that encode in evaluations.</param>
    /// <param name="file">Where the adapter is written.</param>
    public EncoderTrainer(
        BertModule model,
        BertEncoder plain,
        string folder,
        IReadOnlyList<PairSource> sources,
        EncoderSettings settings,
        int threads,
        EncoderAdapterFile file
    )
    {
        (_model, _plain, _folder, _sources, _settings, _file) = (model, plain, folder, sources, settings, file);
        _rarity =
        [
            .. sources.Select(source => new TokenRarity(
                text => plain.Tokenizer.Tokenize(text),
                source.Training.Count > 0 ? source.Training : source.HeldOut
            )),
        ];
        _ranking = new HeldOutRanking(sources, _rarity, settings, threads);
        Optimizer = new TrainingOptimizer(
            model.Changes,
            gates: [],
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
        $"rank {_settings.Adapter.Rank}, alpha {_settings.Adapter.Alpha}, "
        + $"{_settings.Adapter.Dimensions ?? _model.Config.HiddenSize} dimensions, seed {_settings.Seed}, "
        + $"pairs {string.Join(' ', _settings.Pairs)} of {string.Join(' ', _sources.Select(source => source.Name))}";

    /// <inheritdoc />
    public TrainingState State { get; set; } = new();

    /// <inheritdoc />
    public IEnumerable<Parameter> Parameters => _model.Changes;

    /// <inheritdoc />
    public TrainingOptimizer Optimizer { get; }

    /// <inheritdoc />
    public bool MayEnd => true;

    /// <inheritdoc />
    public void Begin()
    {
        using var scope = NewDisposeScope();
        var passages = _sources
            .SelectMany(source => source.Training.Take(ProjectionPassages / _sources.Count + 1))
            .Select(pair => InputOf(pair.Header, pair.Passage, _settings.PassageTokens));
        var batch = new EncoderBatch([.. passages]);
        var states = _model.PlainStates(batch.Tokens, batch.IsToken);
        _model.BeginProjection(nn.functional.normalize(states[batch.IsKept], p: 2, dim: -1));
    }

    /// <inheritdoc />
    public StepResult Step(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var step = State.Step + 1;
        var (pairs, rarity) = Draw(new Random(Seeds.Of(_settings.Seed, step)));
        var asked = pairs.ConvertAll(pair => InputOf(header: "", pair.Question, _settings.QuestionTokens));
        var questions = new EncoderBatch(asked);
        var passages = new EncoderBatch(
            pairs.ConvertAll(pair => InputOf(pair.Header, pair.Passage, _settings.PassageTokens))
        );
        var states = _model.States(passages.Tokens, passages.IsToken);
        var found = _model.Project(states);
        var question = _model.Project(_model.States(questions.Tokens, questions.IsToken));
        var similarities = ContrastiveLoss.MaxSim(
            question,
            WeightsOf(asked, rarity, questions),
            found,
            passages.IsKept
        );
        var pooled = ContrastiveLoss.Pooled(question, questions.IsKept, found, passages.IsKept);
        var late = ContrastiveLoss.Of(similarities, _settings.Temperature);
        var vectors = ContrastiveLoss.Of(pooled, _settings.Temperature);
        var kept =
            _settings.KeepWeight == 0
                ? zeros(1).sum()
                : ContrastiveLoss.Change(
                    _model.PlainStates(passages.Tokens, passages.IsToken),
                    states,
                    passages.IsKept
                );
        var own = arange(pairs.Count, ScalarType.Int64);
        var result = new StepResult(
            new Dictionary<string, double>
            {
                ["late interaction"] = late.item<float>(),
                ["passage embeddings"] = vectors.item<float>(),
                ["change"] = kept.item<float>(),
            },
            new Dictionary<string, double>
            {
                ["first"] = similarities.argmax(1).eq(own).to_type(ScalarType.Float32).mean().item<float>(),
            }
        );
        if (!result.IsFinite)
        {
            return result;
        }

        Optimizer.Step(late + vectors + (kept * _settings.KeepWeight), step);
        State = State with { Step = step };
        return result;
    }

    /// <inheritdoc />
    public Evaluation Evaluate(CancellationToken cancellation)
    {
        _file.Write(_model, _settings, State);
        using var encoder = BertEncoder.Load(_folder, Precision.Int8, _file.Read(_model.Config));
        var heldOut = _ranking.Run(encoder, cancellation);
        return new Evaluation(heldOut.Values.Average(), heldOut);
    }

    /// <summary>Measures the encoder without an adapter.</summary>
    public IReadOnlyDictionary<string, double> EvaluatePlain(CancellationToken cancellation) =>
        _ranking.Run(_plain, cancellation);

    /// <inheritdoc />
    public void Keep() => _file.Keep();

    public void Dispose() => Optimizer.Dispose();

    /// <summary>Different pairs of one source; larger sources come more often.</summary>
    private (List<TextPair> Pairs, TokenRarity Rarity) Draw(Random random)
    {
        var shares = _sources.Select(source => Math.Sqrt(source.Training.Count)).ToArray();
        var at = random.NextDouble() * shares.Sum();
        var chosen = 0;
        var last = Array.FindLastIndex(shares, share => share > 0);
        while (chosen < last && at >= shares[chosen])
        {
            at -= shares[chosen++];
        }

        var source = _sources[chosen].Training;
        var drawn = new HashSet<int>();
        while (drawn.Count < Math.Min(_settings.BatchSize, source.Count))
        {
            drawn.Add(random.Next(source.Count));
        }

        return (drawn.Select(index => source[index]).ToList(), _rarity[chosen]);
    }

    private EncoderInput InputOf(string header, string text, int most) => EncoderInput.Of(_plain, header, text, most);

    /// <summary>[questions, tokens]: the rarity of each token that is kept, 0 for the others.</summary>
    private static Tensor WeightsOf(List<EncoderInput> questions, TokenRarity rarity, EncoderBatch batch)
    {
        var longest = (int)batch.Tokens.shape[1];
        var weights = new float[questions.Count * longest];
        foreach (var (row, question) in questions.Index())
        {
            for (var i = 0; i < question.Tokens.Length; i++)
            {
                weights[(row * longest) + i] = question.IsKept[i] ? rarity.Of(question.Tokens[i]) : 0;
            }
        }

        return tensor(weights, [questions.Count, longest]);
    }
}
