using McpLongContext.Inference.Bits;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>
/// The model of <see cref="BitTransformer"/>, to be trained: the same computation, with the same names of tensors.
/// </summary>
internal sealed class BitModule : nn.Module
{
    private readonly Tensor _positions; // [max length, width]

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="config">The dimensions.</param>
    /// <param name="isHalf">Whether products are computed in bfloat16.</param>
    public BitModule(BitTransformerConfig config, bool isHalf = false)
        : base(nameof(BitModule))
    {
        Config = config;
        Bits = nn.Embedding(2, config.Width);
        Places = config.HasPlaces ? nn.Embedding(config.BitsPerByte, config.Width) : null;
        History = config.HistoryBytes > 0 ? nn.Embedding(config.HistoryRows, config.Width, padding_idx: 0) : null;
        Layers = nn.ModuleList(
            Enumerable.Range(0, config.LayerCount).Select(_ => new BitLayer(config, isHalf)).ToArray()
        );
        OutputNorm = nn.LayerNorm(config.Width);
        Head = nn.Linear(config.Width, 2);
        _positions = tensor(
            SinusoidalPositions.Expand([], config.Width, config.MaxLength),
            [config.MaxLength, config.Width]
        );
        register_buffer("positions", _positions);
        RegisterComponents();
        BitInitialization.Apply(this);
    }

    public BitTransformerConfig Config { get; }

    public Embedding Bits { get; }

    public Embedding? Places { get; }

    public Embedding? History { get; }

    public ModuleList<BitLayer> Layers { get; }

    public LayerNorm OutputNorm { get; }

    public Linear Head { get; }

    /// <summary>Reads a whole window, chunk by chunk.</summary>
    /// <param name="bits">[batch, bits], int64.</param>
    /// <param name="place">The place of the first bit in its byte.</param>
    /// <returns>[batch, bits, 2] logits of the next bit.</returns>
    public Tensor Forward(Tensor bits, int place)
    {
        var step = Config.ChunkSize == 0 ? (int)bits.shape[1] : Config.ChunkSize;
        var logits = new List<Tensor>();
        BitStreamStates? states = null;
        for (var first = 0; first < bits.shape[1]; first += step)
        {
            var count = Math.Min(step, (int)bits.shape[1] - first);
            (var part, states) = Forward(bits.narrow(1, first, count), first, place + first, states);
            logits.Add(part);
        }

        return cat(logits, 1);
    }

    /// <summary>Reads a chunk.</summary>
    /// <param name="bits">[batch, bits], int64.</param>
    /// <param name="position">The position of the first bit in the window.</param>
    /// <param name="place">The place of the first bit in its byte.</param>
    /// <param name="states">The state after the chunk before; none at the beginning.</param>
    /// <returns>[batch, bits, 2] logits, and the detached state for the next chunk.</returns>
    public (Tensor Logits, BitStreamStates States) Forward(
        Tensor bits,
        int position,
        int place,
        BitStreamStates? states
    )
    {
        var count = bits.shape[1];
        var x = Bits.forward(bits) + _positions.narrow(0, position, count);
        if (Places is not null)
        {
            x += Places.forward((arange(place, place + count) % Config.BitsPerByte).to_type(ScalarType.Int64));
        }

        var histories = states?.Histories ?? NewHistories((int)bits.shape[0]);
        if (History is not null)
        {
            x += History.forward(RowsOf(bits, place, histories)).sum(2);
        }

        var (first, second) = (x, x);
        var halting = Config.IsAdaptive ? new BitHalting(Config, x) : null;
        var next = new List<BitState>();
        for (var index = 0; index < Layers.Count; index++)
        {
            var layer = Layers[index];
            var (attended, state) = layer.Attend(second, states?.Layers[index], Config.ChunkOverlap);
            next.Add(state);
            var (newFirst, newSecond) = Config.IsReversible
                ? Reversible(layer, first, second, attended)
                : Residual(layer, first, attended);
            (first, second) =
                halting?.Advance(layer, (first, second), (newFirst, newSecond), index + 1 == Layers.Count)
                ?? (newFirst, newSecond);
        }

        var result = halting?.Result ?? (Config.IsReversible ? (first + second) / 2 : first);
        return (Head.forward(OutputNorm.forward(result)), new BitStreamStates(next, histories));
    }

    private BitHistory[] NewHistories(int count) =>
        Config.HistoryBytes == 0
            ? []
            : [.. Enumerable.Range(0, count).Select(_ => new BitHistory(Config.HistoryBytes))];

    /// <summary>[batch, bits, 1 + bytes] rows of the history after each bit.</summary>
    private Tensor RowsOf(Tensor bits, int place, IReadOnlyList<BitHistory> histories)
    {
        var (batch, count) = ((int)bits.shape[0], (int)bits.shape[1]);
        var size = 1 + Config.HistoryBytes;
        using var whole = bits.contiguous();
        var values = whole.data<long>().ToArray();
        var rows = new long[batch * count * size];
        for (var i = 0; i < values.Length; i++)
        {
            var history = histories[i / count];
            history.Push((int)values[i], (place + (i % count)) % Config.BitsPerByte);
            for (var row = 0; row < size; row++)
            {
                rows[(i * size) + row] = history.Rows[row];
            }
        }

        return tensor(rows, [batch, count, size]);
    }

    private static (Tensor, Tensor) Reversible(BitLayer layer, Tensor first, Tensor second, Tensor attended)
    {
        var newFirst = first + attended;
        return (newFirst, second + layer.FeedForward(newFirst));
    }

    private static (Tensor, Tensor) Residual(BitLayer layer, Tensor x, Tensor attended)
    {
        x += attended;
        x += layer.FeedForward(x);
        return (x, x);
    }
}
