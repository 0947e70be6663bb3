using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Tests.Layers;

public sealed class ComputeThreadPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_part_runs_once_whatever_the_number_of_threads(int threads)
    {
        using var threadPool = new ComputeThreadPool(threads);
        Assert.Equal(threads, threadPool.Size);
        for (var parts = 0; parts < 300; parts++)
        {
            var runs = new int[parts];
            threadPool.Run(parts, part => Interlocked.Increment(ref runs[part]));
            Assert.All(runs, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public async Task Threads_that_went_to_sleep_wake_up_again()
    {
        using var threadPool = new ComputeThreadPool(3);
        for (var round = 0; round < 10; round++)
        {
            await Task.Delay(20);
            // A part waits for all others: it ends only where all threads take part.
            using var together = new Barrier(3);
            threadPool.Run(3, _ => Assert.True(together.SignalAndWait(TimeSpan.FromSeconds(30))));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(2, 512)]
    [InlineData(4, 100)]
    public void Rows_are_divided_without_gap_or_overlap(int threads, int rows)
    {
        using var threadPool = new ComputeThreadPool(threads);
        var runs = new int[rows];
        threadPool.RunRows(
            rows,
            (first, count) =>
            {
                for (var row = first; row < first + count; row++)
                {
                    Interlocked.Increment(ref runs[row]);
                }
            }
        );
        Assert.All(runs, count => Assert.Equal(1, count));
    }

    [Fact]
    public void What_a_part_throws_reaches_the_caller_and_the_team_goes_on()
    {
        using var threadPool = new ComputeThreadPool(2);
        var e = Assert.Throws<AggregateException>(() =>
            threadPool.Run(50, part => throw new InvalidOperationException($"part {part}"))
        );
        Assert.Equal(50, e.InnerExceptions.Count);
        var sum = 0;
        threadPool.Run(10, part => Interlocked.Add(ref sum, part));
        Assert.Equal(45, sum);
    }

    [Fact]
    public void A_team_ends_once_and_works_no_more()
    {
        var threadPool = new ComputeThreadPool(2);
        threadPool.Dispose();
        threadPool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => threadPool.Run(2, _ => { }));
    }
}
