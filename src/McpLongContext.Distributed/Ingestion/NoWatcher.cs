using McpLongContext.Context.Freshness;

namespace McpLongContext.Distributed.Ingestion;

/// <summary>A cluster watches no sources: they are on the machine of the silo that has read them.</summary>
internal sealed class NoWatcher : ISourceWatcher
{
    /// <inheritdoc/>
    public void Watch(string name) { }
}
