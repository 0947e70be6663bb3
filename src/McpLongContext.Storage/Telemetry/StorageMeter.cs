using System.Diagnostics.Metrics;

namespace McpLongContext.Storage.Telemetry;

/// <summary>The instruments of Storage. Without a listener a measurement costs one comparison.</summary>
internal static class StorageMeter
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "McpLongContext.Storage";

    private static readonly Meter s_meter = new(Name);

    /// <summary>Embeddings of tokens whose binary codes were compared with those of a query.</summary>
    public static Counter<long> ScannedTokens { get; } =
        s_meter.CreateCounter<long>(
            "mcp_long_context.search.token_embeddings",
            "{embedding}",
            "Token embeddings that searches compared with a query."
        );

    /// <summary>Embeddings of passages that were compared with that of a query.</summary>
    public static Counter<long> ScannedPassages { get; } =
        s_meter.CreateCounter<long>(
            "mcp_long_context.search.passage_embeddings",
            "{embedding}",
            "Passage embeddings that searches compared with a query."
        );
}
