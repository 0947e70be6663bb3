using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Catalog;

/// <summary>A silo answers only while it knows that the others count on it.</summary>
[Collection(nameof(TwoSilos))]
public sealed class SiloStandingTests(TwoSilos cluster) : IDisposable
{
    private readonly SetClock _clock = new();
    private readonly List<SiloStanding> _made = [];

    [Fact]
    public async Task The_membership_is_read_once_a_second()
    {
        var membership = new SetMembership { Silo = "silo-b", IsAlive = true };
        var standing = Make(membership);

        await standing.ConfirmAsync(TestContext.Current.CancellationToken);
        await standing.ConfirmAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, membership.Reads);

        _clock.Now += TimeSpan.FromSeconds(1);
        await standing.ConfirmAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, membership.Reads);
    }

    [Fact]
    public async Task A_silo_that_reaches_neither_the_database_nor_another_silo_refuses()
    {
        var standing = Make(
            new SetMembership
            {
                Silo = "silo-z",
                IsAlive = true,
                IsReadable = false,
            }
        );

        var error = await Assert.ThrowsAsync<ShardUnavailableException>(() =>
            standing.ConfirmAsync(TestContext.Current.CancellationToken)
        );

        Assert.Contains("silo 'silo-a' reaches neither", error.Message);
    }

    [Theory]
    [InlineData("silo-b", true)]
    [InlineData("silo-b", false)]
    public async Task Without_the_database_another_silo_that_answers_will_do_and_so_does_a_single_one(
        string other,
        bool isAlive
    )
    {
        var standing = Make(
            new SetMembership
            {
                Silo = other,
                IsAlive = isAlive,
                IsReadable = false,
            }
        );

        await standing.ConfirmAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Without_the_database_most_of_the_silos_have_to_answer()
    {
        var standing = Make(
            new SetMembership
            {
                Silo = "silo-b",
                Others = ["silo-a", "silo-y", "silo-z"],
                IsAlive = true,
                IsReadable = false,
            }
        );

        await Assert.ThrowsAsync<ShardUnavailableException>(() =>
            standing.ConfirmAsync(TestContext.Current.CancellationToken)
        );
    }

    public void Dispose() => _made.ForEach(one => one.Dispose());

    private SiloStanding Make(SetMembership membership)
    {
        var standing = new SiloStanding(
            membership,
            new LiveSilos(membership),
            cluster.First.Get<IGrainFactory>(),
            new ClusterOptions { Name = "silo-a", Postgres = "Host=db" },
            _clock
        );
        _made.Add(standing);
        return standing;
    }
}
