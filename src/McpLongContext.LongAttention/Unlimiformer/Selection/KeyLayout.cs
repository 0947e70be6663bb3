using McpLongContext.Inference.Decoders;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>How much of a text's states is kept.</summary>
public enum KeyDepth
{
    /// <summary>The key that spans are selected by: one vector a token.</summary>
    Selection,

    /// <summary>Besides, keys and values of every layer that reads from token memory.</summary>
    Full,
}

/// <summary>
/// Which vectors are kept of a token, plane by plane: first the key that spans are selected by; then, in full depth,
/// for each layer from <see cref="LayerBegin"/> on the keys of its key/value heads, and the values. Nothing is rotated.
/// </summary>
/// <param name="Heads">The heads that select.</param>
/// <param name="Depth">How much is kept.</param>
/// <param name="LayerBegin">The first layer that reads from token memory.</param>
/// <param name="LayerCount">The model's layers.</param>
/// <param name="KvHeads">Key/value heads of a layer.</param>
/// <param name="HeadDim">The width of a vector.</param>
public sealed record KeyLayout(
    RetrievalHeads Heads,
    KeyDepth Depth,
    int LayerBegin,
    int LayerCount,
    int KvHeads,
    int HeadDim
)
{
    /// <summary>The plane of the keys that spans are selected by.</summary>
    public const int SelectionPlane = 0;

    /// <summary>The layout for a model.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="heads">The heads that select.</param>
    /// <param name="depth">How much is kept.</param>
    /// <param name="layerBegin">The first layer that reads from token memory; null: the selecting one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public static KeyLayout Of(DecoderConfig config, RetrievalHeads heads, KeyDepth depth, int? layerBegin = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(heads);
        var begin = layerBegin ?? heads.Layer;
        ArgumentOutOfRangeException.ThrowIfNegative(begin, nameof(layerBegin));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(begin, config.LayerCount, nameof(layerBegin));
        if (heads.Layer >= config.LayerCount || heads.KeyValueHead >= config.KeyValueHeadCount)
        {
            throw new ArgumentException(
                $"layer {heads.Layer} and KV head {heads.KeyValueHead} found, expected less than {config.LayerCount} and "
                    + $"{config.KeyValueHeadCount}: these are the heads of another model.",
                nameof(heads)
            );
        }

        return new KeyLayout(heads, depth, begin, config.LayerCount, config.KeyValueHeadCount, config.HeadDim);
    }

    /// <summary>The last layer whose keys are needed.</summary>
    public int LastLayer => Depth == KeyDepth.Full ? LayerCount - 1 : Heads.Layer;

    /// <summary>The key vectors that are stored for a token.</summary>
    public KeyShape Shape => new(Depth == KeyDepth.Full ? 1 + (2 * KvHeads * (LayerCount - LayerBegin)) : 1, HeadDim);

    /// <summary>Whether keys and values of a layer are kept.</summary>
    public bool Holds(int layer) => Depth == KeyDepth.Full && layer >= LayerBegin;

    /// <summary>The plane of a layer's keys.</summary>
    public int KeyPlane(int layer, int kvHead) => 1 + (2 * KvHeads * (layer - LayerBegin)) + kvHead;

    /// <summary>The plane of a layer's values.</summary>
    public int ValuePlane(int layer, int kvHead) => KeyPlane(layer, kvHead) + KvHeads;
}
