using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Querying;
using McpLongContext.Distributed.Shards;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Querying;

/// <summary>A step that is slow is asked of another copy, too: the first answer counts, the other copy is told to end.</summary>
[Collection(nameof(TwoSilos))]
public sealed class ShardConversationTests(TwoSilos cluster)
{
    private const string Question = "why Orleans";

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(nameof(IShardGrain.BeginAsync))]
    [InlineData(nameof(IShardGrain.SearchAsync))]
    [InlineData(nameof(IShardGrain.ScoreAsync))]
    public async Task A_copy_that_is_slow_is_passed_over(string step)
    {
        var real = cluster.First.Get<IGrainFactory>();
        var (grains, ended) = AlteredSilo.Slow(real, "silo-b", step);
        var (expected, _) = await AskAsync(real, "", "silo-a", "silo-b");

        var (found, failures) = await AskAsync(grains, step, "silo-b", "silo-a");

        Assert.Equal(expected, found);
        Assert.Empty(failures);
        await ended.WaitAsync(s_deadline, TestContext.Current.CancellationToken);
    }

    /// <summary>A copy that is slow for long must not make the next second copies wait as long.</summary>
    [Fact]
    public async Task The_time_of_a_step_is_that_of_the_copy_that_answers()
    {
        const string Step = nameof(IShardGrain.SearchAsync);
        var clock = new SetClock();
        var (grains, _) = AlteredSilo.Slow(
            cluster.First.Get<IGrainFactory>(),
            "silo-b",
            Step,
            () => clock.Now += s_deadline
        );
        var times = TimesOf(Step);
        for (var query = 0; query < 3; query++)
        {
            await AskAsync(grains, times, clock, "silo-b", "silo-a");
        }

        Assert.InRange(times.UsualOf(TwoSilos.Datastore, Step), TimeSpan.Zero, s_deadline / 2);
    }

    [Fact]
    public async Task A_copy_that_is_gone_is_passed_over_and_told_of()
    {
        var (_, failures) = await AskAsync(cluster.First.Get<IGrainFactory>(), "", "silo-z", "silo-a");

        Assert.Equal("silo-z", Assert.Single(failures).Key.Silo);
    }

    [Fact]
    public async Task Where_no_copy_answers_the_reasons_are_told()
    {
        var error = await Assert.ThrowsAsync<ShardFailedException>(() =>
            AskAsync(cluster.First.Get<IGrainFactory>(), "", "silo-y", "silo-z")
        );

        Assert.Contains("'silo-y' is not in the cluster", error.Message);
        Assert.Contains("'silo-z' is not in the cluster", error.Message);
    }

    /// <summary>A page of a copy may be damaged while a question is answered: what was read before is shown.</summary>
    [Fact]
    public async Task A_passage_that_is_left_out_when_it_is_read_again_is_shown_unmarked()
    {
        var real = cluster.First.Get<IGrainFactory>();
        var (expected, _) = await AskAsync(real, "", "silo-a");
        var reads = 0;
        var grains = AlteredSilo.WithReads(
            real,
            "silo-a",
            read =>
                reads++ switch
                {
                    0 => read,
                    1 => [],
                    _ => throw new InvalidOperationException("The page is read over and over."),
                }
        );

        var (found, _) = await AskAsync(grains, "", "silo-a");

        Assert.Equal(2, reads);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void The_usual_time_is_that_of_nineteen_in_twenty()
    {
        var times = new StepTimes();
        for (var i = 1; i <= 200; i++)
        {
            times.Add("docs", "step", TimeSpan.FromMilliseconds(i));
        }

        Assert.Equal(190, times.UsualOf("docs", "step").TotalMilliseconds, tolerance: 1);
        Assert.NotEqual(times.UsualOf("docs", "step"), times.UsualOf("docs", "other"));
    }

    private Task<(string[] Found, IReadOnlyDictionary<ShardAddress, string> Failures)> AskAsync(
        IGrainFactory grains,
        string slow,
        params string[] silos
    ) => AskAsync(grains, TimesOf(slow), TimeProvider.System, silos);

    /// <summary>This machine may be slow: a step that is not meant is never taken for slow.</summary>
    private static StepTimes TimesOf(string slow)
    {
        var times = new StepTimes();
        string[] steps =
        [
            nameof(IShardGrain.BeginAsync),
            nameof(IShardGrain.SearchAsync),
            nameof(IShardGrain.ExpandAsync),
            nameof(IShardGrain.ScoreAsync),
            nameof(IShardGrain.FollowAsync),
            nameof(IShardGrain.ReadAsync),
        ];
        foreach (var step in steps)
        {
            for (var sample = 0; sample < 20; sample++)
            {
                times.Add(TwoSilos.Datastore, step, step == slow ? TimeSpan.FromMilliseconds(50) : s_deadline);
            }
        }

        return times;
    }

    /// <summary>A question to the copies of some silos, in this order.</summary>
    private async Task<(string[] Found, IReadOnlyDictionary<ShardAddress, string> Failures)> AskAsync(
        IGrainFactory grains,
        StepTimes times,
        TimeProvider time,
        params string[] silos
    )
    {
        var held = (await cluster.First.CopiesAsync(TwoSilos.Datastore))[0];
        using var conversation = new ShardConversation(
            grains,
            TwoSilos.Datastore,
            [.. silos.Select(silo => new ShardAddress(0, silo, held.FirstOrDefault(one => one.Silo == silo).Identity))],
            times,
            s_deadline,
            time,
            TestContext.Current.CancellationToken
        );
        var result = await cluster
            .First.Get<CollectionQuery>()
            .RunAsync(
                new ShardFanOut([conversation]),
                new QueryRequest { Datastore = TwoSilos.Datastore, Question = Question },
                encoder: null
            );
        Assert.NotEmpty(result.Evidence);
        return ([.. result.Evidence.Select(one => $"{one.Citation} {one.Score:R} {one.Text}")], conversation.Failures);
    }
}
