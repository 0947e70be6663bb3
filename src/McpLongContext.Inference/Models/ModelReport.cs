namespace McpLongContext.Inference.Models;

/// <summary>Facts about a model that were found by loading and running it when it was installed.</summary>
/// <param name="Family">The architecture, for example <c>qwen2</c>.</param>
/// <param name="Parameters">The number of its weights.</param>
/// <param name="Window">The trained window, in tokens.</param>
/// <param name="Precision">The arithmetic that it was run in: <c>fp32</c> or <c>int8</c>.</param>
/// <param name="WeightBytes">RAM for the weights in this arithmetic, in bytes.</param>
/// <param name="TokenBytes">RAM for each token of a sequence (the KV cache), in bytes; 0 for an encoder.</param>
/// <param name="Warnings">Demands of the model's files that are not met, a sentence each.</param>
public sealed record ModelReport(
    string Family,
    long Parameters,
    int Window,
    string Precision,
    long WeightBytes,
    long TokenBytes,
    IReadOnlyList<string> Warnings
);
