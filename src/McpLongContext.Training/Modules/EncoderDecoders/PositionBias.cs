using McpLongContext.Inference.EncoderDecoders;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>
/// The addend of the scores of self-attention: the biases of relative positions (T5, Raffel et al., arXiv 1910.10683, section
/// 2.1) where a model has them, and minus infinity for later tokens in a decoder.
/// </summary>
internal sealed class PositionBias : nn.Module<long, Tensor?>
{
    private readonly Parameter? _table; // [buckets, heads]
    private readonly RelativePositions? _positions;
    private readonly bool _isDecoder;

    public PositionBias(Parameter? table, RelativePositions? positions, bool isDecoder)
        : base(nameof(PositionBias))
    {
        (_table, _positions, _isDecoder) = (table, positions, isDecoder);
        RegisterComponents();
    }

    /// <summary>
    /// How the table of a new model begins: the bias falls with the distance, by half as much in each head as in the one
    /// before (ALiBi, Press et al., arXiv 2108.12409).
    /// </summary>
    /// <param name="positions">The buckets.</param>
    /// <param name="heads">Heads of a layer.</param>
    /// <param name="isDecoder">Whether only earlier tokens are seen.</param>
    /// <returns>[buckets, heads].</returns>
    public static float[] Slopes(RelativePositions positions, int heads, bool isDecoder)
    {
        var slopes = new float[positions.Buckets * heads];
        // From far to near: of a bucket the nearest distance counts.
        for (var distance = positions.MaxDistance; distance >= 0; distance--)
        {
            foreach (var signed in isDecoder ? (int[])[-distance] : [-distance, distance])
            {
                var bucket = positions.BucketOf(signed, isBidirectional: !isDecoder);
                for (var head = 0; head < heads; head++)
                {
                    slopes[(bucket * heads) + head] = -distance * MathF.ScaleB(1, -head);
                }
            }
        }

        return slopes;
    }

    /// <summary>Computes it.</summary>
    /// <param name="tokens">Tokens of a sequence.</param>
    /// <returns>[heads or 1, tokens, tokens]; null: nothing.</returns>
    public override Tensor? forward(long tokens)
    {
        var relative = _table?.index_select(0, Buckets((int)tokens)).reshape(tokens, tokens, -1).permute(2, 0, 1);
        if (!_isDecoder)
        {
            return relative;
        }

        var later = full([1, tokens, tokens], double.NegativeInfinity, dtype: ScalarType.Float32).triu(1);
        return relative is null ? later : relative + later;
    }

    /// <summary>The bucket of every query (row) and key (column), [tokens * tokens].</summary>
    private Tensor Buckets(int tokens)
    {
        // By distance first: there are fewer of them.
        var buckets = new long[(2 * tokens) - 1];
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] = _positions!.BucketOf(i - (tokens - 1), isBidirectional: !_isDecoder);
        }

        var positions = arange(tokens, ScalarType.Int64);
        var distances = positions.unsqueeze(0) - positions.unsqueeze(1) + (tokens - 1);
        return tensor(buckets).index_select(0, distances.flatten());
    }
}
