namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>
/// The fields that the Transformers library reads from the <c>config.json</c> of a family, and its defaults where one
/// is missing. A field that it does not read for a family changes nothing there, whatever its name promises.
/// </summary>
internal sealed record HuggingFaceFamily(string ModelType)
{
    /// <summary>The families that can be read.</summary>
    public static IReadOnlyList<HuggingFaceFamily> All { get; } =
    [
        new("llama") { ReadsAttentionBias = true, ReadsFeedForwardBias = true },
        new("mistral")
        {
            DefaultMaxPositions = 131_072,
            DefaultKeyValueHeads = 8,
            Sliding = SlidingRule.EveryLayer,
        },
        new("qwen2")
        {
            DefaultMaxPositions = 32_768,
            DefaultKeyValueHeads = 32,
            HasQueryKeyValueBias = true,
            Sliding = SlidingRule.ByLayer,
        },
        new("qwen3")
        {
            DefaultMaxPositions = 32_768,
            DefaultKeyValueHeads = 32,
            DefaultHeadDim = 128,
            ReadsAttentionBias = true,
            HasQueryKeyNorm = true,
            Sliding = SlidingRule.ByLayer,
        },
        new("granite")
        {
            ReadsAttentionBias = true,
            ReadsFeedForwardBias = true,
            ReadsMultipliers = true,
        },
    ];

    /// <summary>How a family reads its sliding window.</summary>
    public enum SlidingRule
    {
        /// <summary>The family has no sliding window.</summary>
        Never,

        /// <summary><c>sliding_window</c> holds in every layer.</summary>
        EveryLayer,

        /// <summary>
        /// <c>sliding_window</c> holds in the layers that <c>layer_types</c> names or, with <c>use_sliding_window</c>,
        /// in those from <c>max_window_layers</c> on.
        /// </summary>
        ByLayer,
    }

    /// <summary>The window where none is given.</summary>
    public int DefaultMaxPositions { get; init; } = 2048;

    /// <summary>The KV heads where they are not given; null: as many as query heads.</summary>
    public int? DefaultKeyValueHeads { get; init; }

    /// <summary>The head dimension where none is given; null: the hidden size by the heads.</summary>
    public int? DefaultHeadDim { get; init; }

    /// <summary>Whether queries, keys and values have a bias in any case.</summary>
    public bool HasQueryKeyValueBias { get; init; }

    /// <summary>Whether queries and keys are normalized.</summary>
    public bool HasQueryKeyNorm { get; init; }

    /// <summary>Whether <c>attention_bias</c> is read.</summary>
    public bool ReadsAttentionBias { get; init; }

    /// <summary>Whether <c>mlp_bias</c> is read.</summary>
    public bool ReadsFeedForwardBias { get; init; }

    /// <summary>Whether Granite's four multipliers are read.</summary>
    public bool ReadsMultipliers { get; init; }

    /// <summary>How the sliding window is read.</summary>
    public SlidingRule Sliding { get; init; }
}
