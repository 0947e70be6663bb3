using System.Collections.Immutable;
using System.Net;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Catalog;

/// <summary>A silo that is away is waited for a while, each time that it goes away.</summary>
public sealed class AbsentSilosTests
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1);

    private readonly SetClock _clock = new();
    private readonly Membership _membership = new();
    private readonly AbsentSilos _absent;

    public AbsentSilosTests() =>
        _absent = new AbsentSilos(
            new LiveSilos(_membership),
            new ClusterOptions { Name = "a", Grace = s_grace },
            _clock
        );

    [Fact]
    public void A_silo_is_waited_for_no_longer_than_the_grace()
    {
        Assert.True(_absent.IsAwaited("b"));
        _clock.Now += s_grace;

        Assert.False(_absent.IsAwaited("b"));
    }

    [Fact]
    public void A_silo_that_was_back_is_waited_for_again()
    {
        Assert.True(_absent.IsAwaited("b"));
        _membership.IsBack = true;
        _absent.Refresh();
        _membership.IsBack = false;
        _clock.Now += s_grace;

        Assert.True(_absent.IsAwaited("b"));
    }

    /// <summary>A cluster in which silo b is or is not.</summary>
    private sealed class Membership : IClusterMembershipService
    {
        private static readonly SiloAddress s_address = SiloAddress.New(IPAddress.Loopback, 1, 1);

        public bool IsBack { get; set; }

        public ClusterMembershipSnapshot CurrentSnapshot =>
            new(
                ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(
                    s_address,
                    new ClusterMember(s_address, IsBack ? SiloStatus.Active : SiloStatus.Dead, "b")
                ),
                new MembershipVersion(1)
            );

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(
            MembershipVersion minimumVersion = default,
            CancellationToken cancellationToken = default
        ) => default;

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }
}
