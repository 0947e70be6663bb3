namespace McpLongContext.Benchmarks.Llama;

/// <summary>What one round took.</summary>
/// <param name="PromptSeconds">The prompt.</param>
/// <param name="TokenSeconds">A decoded token.</param>
/// <param name="Tokens">The tokens that were decoded greedily.</param>
internal sealed record LlamaMeasurement(double PromptSeconds, double TokenSeconds, int[] Tokens);
