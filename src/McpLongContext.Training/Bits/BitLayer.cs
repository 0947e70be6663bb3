using McpLongContext.Inference.Bits;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>One layer of <see cref="BitModule"/>: attention and feed-forward network, each after its norm.</summary>
internal sealed class BitLayer : nn.Module
{
    private readonly BitTransformerConfig _config;
    private readonly bool _isHalf;

    public BitLayer(BitTransformerConfig config, bool isHalf)
        : base(nameof(BitLayer))
    {
        (_config, _isHalf) = (config, isHalf);
        var width = config.Width;
        AttentionNorm = nn.LayerNorm(width);
        QueryKeyValue = nn.Linear(width, 3 * width);
        AttentionOutput = nn.Linear(width, width);
        FeedForwardNorm = nn.LayerNorm(width);
        Intermediate = nn.Linear(width, config.FeedForwardSize);
        Output = nn.Linear(config.FeedForwardSize, width);
        Halt = config.IsAdaptive ? nn.Linear(width, 1) : null;
        RegisterComponents();
    }

    public LayerNorm AttentionNorm { get; }

    public Linear QueryKeyValue { get; }

    public Linear AttentionOutput { get; }

    public LayerNorm FeedForwardNorm { get; }

    public Linear Intermediate { get; }

    public Linear Output { get; }

    public Linear? Halt { get; }

    /// <summary>attention(norm(x)).</summary>
    /// <param name="x">[batch, bits, width].</param>
    /// <param name="state">Keys and values of earlier bits; none at the beginning of a window.</param>
    /// <param name="kept">How many bits stay for the next window.</param>
    public (Tensor Result, BitState Next) Attend(Tensor x, BitState? state, int kept)
    {
        var (batch, count) = (x.shape[0], x.shape[1]);
        var parts = Project(QueryKeyValue, AttentionNorm.forward(x))
            .view(batch, count, 3, _config.HeadCount, _config.HeadDim)
            .permute(2, 0, 3, 1, 4);
        var (queries, keys, values) = (parts[0], parts[1], parts[2]);
        if (state is not null)
        {
            keys = cat([state.Keys, keys], 2);
            values = cat([state.Values, values], 2);
        }

        var before = keys.shape[2] - count;
        var mask = ones(count, keys.shape[2], ScalarType.Bool).tril(before);
        var attended = nn.functional.scaled_dot_product_attention(queries, keys, values, mask);
        var result = Project(AttentionOutput, attended.transpose(1, 2).reshape(batch, count, _config.Width));
        var first = Math.Max(0, keys.shape[2] - kept);
        return (
            result,
            new BitState(
                keys.narrow(2, first, keys.shape[2] - first).detach(),
                values.narrow(2, first, keys.shape[2] - first).detach()
            )
        );
    }

    /// <summary>W2 gelu(W1 norm(x)).</summary>
    /// <param name="x">[batch, bits, width].</param>
    public Tensor FeedForward(Tensor x) =>
        Project(Output, nn.functional.gelu(Project(Intermediate, FeedForwardNorm.forward(x))));

    /// <summary>Mixed precision: the product in bfloat16, sums and weights in fp32.</summary>
    private Tensor Project(Linear layer, Tensor x) =>
        _isHalf
            ? nn.functional.linear(x.to_type(ScalarType.BFloat16), layer.weight!.to_type(ScalarType.BFloat16))
                .to_type(ScalarType.Float32) + layer.bias!
            : layer.forward(x);
}
