using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Catalog;

/// <summary>A silo that is away is waited for a while, each time that it goes away.</summary>
public sealed class AbsentSilosTests
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1);

    private readonly SetClock _clock = new();
    private readonly SetMembership _membership = new() { Silo = "b" };
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
        _membership.IsAlive = true;
        _absent.Refresh();
        _membership.IsAlive = false;
        _clock.Now += s_grace;

        Assert.True(_absent.IsAwaited("b"));
    }
}
