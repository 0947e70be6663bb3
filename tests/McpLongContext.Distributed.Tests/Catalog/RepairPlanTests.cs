using McpLongContext.Distributed.Catalog;

namespace McpLongContext.Distributed.Tests.Catalog;

/// <summary>Copies become as many as wanted, current, and even, a step at a time.</summary>
public sealed class RepairPlanTests
{
    private static readonly string[] s_silos = ["a", "b", "c"];

    [Fact]
    public void A_shard_whose_current_copy_is_away_waits() =>
        Assert.IsType<RepairStep.Wait>(Next("a current", "b stale", alive: ["b", "c"]));

    [Fact]
    public void A_stale_copy_catches_up()
    {
        var step = Assert.IsType<RepairStep.CatchUp>(Next("a stale", "b current"));

        Assert.Equal(("b", "a"), (step.From.Silo, step.Silo));
    }

    [Fact]
    public void A_single_copy_gets_another_one_at_once() =>
        Assert.Equal(new RepairStep.Add("b"), Next("a current", alive: ["a", "b"]));

    [Fact]
    public void A_silo_that_restarts_is_waited_for()
    {
        Assert.IsType<RepairStep.Compare>(Next("a current", "b current", alive: ["a", "c"], awaited: true));
        Assert.Equal(new RepairStep.Add("c"), Next("a current", "b current", alive: ["a", "c"]));
    }

    [Fact]
    public void A_copy_too_many_leaves_the_silo_with_the_largest_load_once_all_are_settled()
    {
        string[] others = ["b", "b", "c"];

        Assert.IsType<RepairStep.Compare>(Next("a current", "b current", "c current", others: others));
        var step = Assert.IsType<RepairStep.Drop>(
            Next("a current", "b current", "c current", mayMove: true, others: others)
        );
        Assert.Equal("b", step.Copy.Silo);
    }

    [Fact]
    public void A_silo_that_joins_takes_copies_until_loads_are_even()
    {
        Assert.IsType<RepairStep.Compare>(Next("a current", "b current", others: ["a", "b"]));
        Assert.Equal(new RepairStep.Add("c"), Next("a current", "b current", mayMove: true, others: ["a", "b"]));
        Assert.IsType<RepairStep.Compare>(Next("a current", "b current", mayMove: true, others: ["a", "b", "c"]));
    }

    [Fact]
    public void New_shards_are_taken_by_the_silos_with_the_smallest_loads()
    {
        var loads = new SiloLoads(s_silos, [LayoutOf(["a current", "b current"]), LayoutOf(["a current"])]);

        Assert.Equal(["c", "b", "a"], loads.ByLoad(shard: 0));
    }

    private static RepairStep Next(
        string first,
        string? second = null,
        string? third = null,
        string[]? alive = null,
        bool awaited = false,
        bool mayMove = false,
        string[]? others = null
    )
    {
        var layout = LayoutOf([.. new[] { first, second, third }.OfType<string>()]);
        var other = LayoutOf([.. (others ?? []).Select(silo => silo + " current")]);
        alive ??= s_silos;
        return RepairPlan.Next(
            shard: 0,
            layout.Shards[0],
            alive,
            _ => awaited,
            mayMove,
            new Lazy<SiloLoads>(() => new SiloLoads(alive, [layout, other]))
        );
    }

    /// <summary>A datastore of one shard.</summary>
    private static DatastoreLayout LayoutOf(string[] copies) =>
        new(
            "notes",
            1,
            [
                [
                    .. copies
                        .Select(copy => copy.Split(' '))
                        .Select(parts => new ShardCopy(
                            parts[0],
                            Enum.Parse<CopyState>(parts[1], ignoreCase: true),
                            Identity: 1
                        )),
                ],
            ],
            NextPassage: 1
        );
}
