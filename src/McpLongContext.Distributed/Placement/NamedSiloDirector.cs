using McpLongContext.Distributed.Messages;
using Orleans.Runtime.Placement;

namespace McpLongContext.Distributed.Placement;

/// <inheritdoc cref="NamedSiloPlacement"/>
internal sealed class NamedSiloDirector(LiveSilos silos) : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy,
        PlacementTarget target,
        IPlacementContext context
    )
    {
        var name = ShardKey.Parse(target.GrainIdentity.Key.ToString()!).Silo;
        return silos.Find(name) is { } address
            ? Task.FromResult(address)
            : Task.FromException<SiloAddress>(new ShardUnavailableException($"silo '{name}' is not in the cluster"));
    }
}
