using System.Collections.Concurrent;

namespace McpLongContext.Context.Encoders;

/// <summary>The requests of queries to the background encoding, by datastore.</summary>
internal sealed class EncodingDemands
{
    private readonly ConcurrentDictionary<string, EncodingDemand> _demands = new(StringComparer.Ordinal);

    /// <summary>The demand of a datastore.</summary>
    public EncodingDemand Of(string datastore) => _demands.GetOrAdd(datastore, static _ => new EncodingDemand());
}
