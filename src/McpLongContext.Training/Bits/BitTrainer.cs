using McpLongContext.Training.Loop;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>
/// Steps of training: windows slide over long streams of bits, the keys and values of the window before stay, detached.
/// </summary>
internal sealed class BitTrainer : IDisposable
{
    private const double MostGradient = 1;
    private const double LastRate = 0.05;

    /// <summary>Windows that are evaluated at a time.</summary>
    private const int EvaluatedWindows = 8;

    private readonly BitModule _model;
    private readonly BitTrainingSettings _settings;
    private readonly BitStreams _streams;
    private readonly AdamW _optimizer;
    private readonly int _chunk;
    private Tensor? _windows; // [batch, max length + 1]
    private BitStreamStates? _states;

    public BitTrainer(BitModule model, byte[] corpus, BitTrainingSettings settings)
    {
        (_model, _settings) = (model, settings);
        _streams = new BitStreams(model.Config, corpus, settings.DirectShare);
        _optimizer = optim.AdamW(model.parameters(), settings.LearningRate, beta2: 0.98, weight_decay: 0.01);
        _chunk = model.Config.ChunkSize == 0 ? model.Config.MaxLength : model.Config.ChunkSize;
    }

    /// <summary>Chunks read so far, which also say where in their windows the streams are.</summary>
    public long Chunks { get; set; }

    /// <summary>The optimizer's state, to be kept.</summary>
    public AdamW Optimizer => _optimizer;

    private int ChunksOfWindow => (_model.Config.MaxLength + _chunk - 1) / _chunk;

    /// <summary>Takes a step. Where its loss is no number, nothing was changed.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="progress">How much of the training is done, 0 to 1.</param>
    /// <returns>Mean negative log-likelihood of a bit, in bits.</returns>
    public double Step(int step, double progress)
    {
        foreach (var group in _optimizer.ParamGroups)
        {
            var descent = 1 - ((1 - LastRate) * progress);
            group.LearningRate = _settings.LearningRate * Math.Min(1, (double)step / _settings.WarmUp) * descent;
        }

        _optimizer.zero_grad();
        double sum = 0;
        for (var i = 0; i < _settings.Accumulate; i++)
        {
            using var scope = NewDisposeScope();
            var loss = NextLoss();
            (loss / _settings.Accumulate).backward();
            sum += loss.item<float>();
        }

        if (double.IsFinite(sum))
        {
            nn.utils.clip_grad_norm_(_model.parameters(), MostGradient);
            _optimizer.step();
        }

        return sum / _settings.Accumulate / Math.Log(2);
    }

    /// <summary>Mean negative log-likelihood of a bit of held-out windows, in bits.</summary>
    /// <param name="model">The model.</param>
    /// <param name="heldOut">The bytes.</param>
    /// <param name="bits">How many bits to read, in whole windows; eight windows at least.</param>
    public static double Evaluate(BitModule model, byte[] heldOut, int bits)
    {
        using var frozen = no_grad();
        var streams = new BitStreams(model.Config, heldOut, directShare: model.Config.RunLength ? 0 : 1);
        var random = new Random(0);
        var length = model.Config.MaxLength;
        var groups = Math.Max(1, bits / (EvaluatedWindows * length));
        double sum = 0;
        for (var group = 0; group < groups; group++)
        {
            using var scope = NewDisposeScope();
            var windows = streams.Draw(random, EvaluatedWindows);
            var logits = model.Forward(windows.narrow(1, 0, length), place: 0);
            sum += LossOf(logits, windows.narrow(1, 1, length)).item<float>();
        }

        return sum / groups / Math.Log(2);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _windows?.Dispose();
    }

    private Tensor NextLoss()
    {
        var index = (int)(Chunks % ChunksOfWindow);
        if (index == 0 || _windows is null)
        {
            _windows?.Dispose();
            var number = Chunks / ChunksOfWindow;
            _windows = _streams.Draw(new Random(Seeds.Of(_settings.Seed, number)), _settings.BatchSize);
            _windows = _windows.MoveToOuterDisposeScope();
        }

        // After a resumption in the middle of a window, the chunks before it have no state: attention begins here.
        var first = index * _chunk;
        var count = Math.Min(_chunk, _model.Config.MaxLength - first);
        var (logits, states) = _model.Forward(
            _windows.narrow(1, first, count),
            first,
            first,
            index == 0 ? null : _states
        );
        Keep(states);
        Chunks++;
        return LossOf(logits, _windows.narrow(1, first + 1, count));
    }

    private void Keep(BitStreamStates states)
    {
        foreach (var state in _states?.Layers ?? [])
        {
            state.Keys.Dispose();
            state.Values.Dispose();
        }

        _states = states with
        {
            Layers =
            [
                .. states.Layers.Select(one => new BitState(
                    one.Keys.clone().MoveToOuterDisposeScope(),
                    one.Values.clone().MoveToOuterDisposeScope()
                )),
            ],
        };
    }

    private static Tensor LossOf(Tensor logits, Tensor targets) =>
        nn.functional.cross_entropy(logits.reshape(-1, 2), targets.reshape(-1));
}
