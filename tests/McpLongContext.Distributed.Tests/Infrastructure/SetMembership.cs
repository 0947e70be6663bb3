using System.Collections.Immutable;
using System.Net;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A membership in which one silo is or is not alive, as a test sets it.</summary>
internal sealed class SetMembership : IClusterMembershipService
{
    private static readonly SiloAddress s_address = SiloAddress.New(IPAddress.Loopback, 1, 1);

    /// <summary>The name of the silo.</summary>
    public required string Silo { get; init; }

    /// <summary>Whether it is alive.</summary>
    public bool IsAlive { get; set; }

    /// <summary>Whether the membership can be read.</summary>
    public bool IsReadable { get; set; } = true;

    /// <summary>How often it was read.</summary>
    public int Reads { get; private set; }

    public ClusterMembershipSnapshot CurrentSnapshot =>
        new(
            ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(
                s_address,
                new ClusterMember(s_address, IsAlive ? SiloStatus.Active : SiloStatus.Dead, Silo)
            ),
            new MembershipVersion(1)
        );

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
    {
        Reads++;
        return IsReadable ? default : ValueTask.FromException(new IOException("The database is away."));
    }

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
}
