namespace McpLongContext.LongAttention.InfiniAttention;

/// <summary>How a segment is written into a <see cref="CompressiveMemory"/>.</summary>
public enum UpdateRule
{
    /// <summary>Every value is added: M + sigma(K)^T V.</summary>
    Linear = 1,

    /// <summary>
    /// Of every value only what the compressive memory does not return for its key yet: the delta rule.
    /// </summary>
    Delta = 2,
}
