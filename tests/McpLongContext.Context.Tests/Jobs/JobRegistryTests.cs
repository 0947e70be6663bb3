using McpLongContext.Context.Contracts;
using McpLongContext.Context.Jobs;

namespace McpLongContext.Context.Tests.Jobs;

public sealed class JobRegistryTests
{
    [Fact]
    public async Task Disposal_cancels_every_job_before_it_waits_for_any()
    {
        var registry = new JobRegistry(TimeProvider.System);
        var secondStopped = new TaskCompletionSource();
        var first = registry.Start(JobKind.Ingest, "a", _ => secondStopped.Task);
        var second = registry.Start(
            JobKind.Encode,
            "b",
            async job =>
            {
                await using var stopped = job.Cancellation.Register(secondStopped.SetResult);
                await Task.Delay(Timeout.Infinite, job.Cancellation);
            }
        );

        await registry
            .DisposeAsync()
            .AsTask()
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.True(first.Completion.IsCompletedSuccessfully);
        Assert.Equal(IngestState.Cancelled, second.Report.State);
    }
}
