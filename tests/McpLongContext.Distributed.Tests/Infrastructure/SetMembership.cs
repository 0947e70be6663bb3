using System.Collections.Immutable;
using System.Net;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A membership in which a silo is or is not alive, as a test sets it.</summary>
internal sealed class SetMembership : IClusterMembershipService
{
    /// <summary>The name of the silo.</summary>
    public required string Silo { get; init; }

    /// <summary>The names of silos that are alive besides.</summary>
    public IReadOnlyList<string> Others { get; init; } = [];

    /// <summary>Whether it is alive.</summary>
    public bool IsAlive { get; set; }

    /// <summary>Whether the membership can be read.</summary>
    public bool IsReadable { get; set; } = true;

    /// <summary>How often it was read.</summary>
    public int Reads { get; private set; }

    public ClusterMembershipSnapshot CurrentSnapshot =>
        new(
            Others
                .Select((name, i) => new ClusterMember(Address(i + 2), SiloStatus.Active, name))
                .Append(new ClusterMember(Address(1), IsAlive ? SiloStatus.Active : SiloStatus.Dead, Silo))
                .ToImmutableDictionary(member => member.SiloAddress),
            new MembershipVersion(1)
        );

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
    {
        Reads++;
        return IsReadable ? default : ValueTask.FromException(new IOException("The database is away."));
    }

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();

    private static SiloAddress Address(int port) => SiloAddress.New(IPAddress.Loopback, port, 1);
}
