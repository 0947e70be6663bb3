namespace McpLongContext.Training.Unlimiformer;

/// <summary>The tokens of a source that cross-attention sees in training (Unlimiformer, arXiv 2305.01625, section 3.3).</summary>
internal enum UnlimiformerMode
{
    /// <summary>The first window alone: the baseline.</summary>
    Truncation,

    /// <summary>Every head's own top k of all encoded tokens, at each target token.</summary>
    Retrieval,

    /// <summary>A random subset of all encoded tokens in every layer.</summary>
    Random,

    /// <summary>Retrieval in odd steps, a random subset in even ones.</summary>
    Alternating,
}

/// <summary>The modes by step.</summary>
internal static class UnlimiformerModes
{
    /// <summary>The mode of one step.</summary>
    /// <param name="mode">The mode of the training.</param>
    /// <param name="step">The step, from 1.</param>
    public static UnlimiformerMode At(this UnlimiformerMode mode, int step) =>
        mode != UnlimiformerMode.Alternating ? mode
        : step % 2 == 1 ? UnlimiformerMode.Retrieval
        : UnlimiformerMode.Random;
}
