namespace McpLongContext.Benchmarks.Llama;

/// <summary>The cost of one round.</summary>
/// <param name="PromptSeconds">The prompt.</param>
/// <param name="TokenSeconds">A decoded token.</param>
/// <param name="Tokens">The tokens that were decoded greedily.</param>
/// <param name="Rivals">The second likeliest one of each; empty where they were not asked for.</param>
internal sealed record LlamaMeasurement(double PromptSeconds, double TokenSeconds, int[] Tokens, TokenRival[] Rivals);

/// <summary>The token that came second.</summary>
/// <param name="Token">It.</param>
/// <param name="Margin">By how much its logit is lower than that of the likeliest.</param>
internal sealed record TokenRival(int Token, double Margin);
