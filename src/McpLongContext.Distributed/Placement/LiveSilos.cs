namespace McpLongContext.Distributed.Placement;

/// <summary>The silos of the cluster that are alive, by their names.</summary>
internal sealed class LiveSilos(IClusterMembershipService membership)
{
    /// <summary>The names, in order.</summary>
    public IReadOnlyList<string> Names =>
        [.. Alive().Select(member => member.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The newest address of a silo; <see langword="null"/> where it is not alive.</summary>
    public SiloAddress? Find(string name) =>
        Alive().Where(member => member.Name == name).MaxBy(member => member.SiloAddress.Generation)?.SiloAddress;

    private IEnumerable<ClusterMember> Alive() =>
        membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active);
}
