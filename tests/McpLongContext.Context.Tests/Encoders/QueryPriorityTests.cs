using McpLongContext.Context.Encoders;

namespace McpLongContext.Context.Tests.Encoders;

public sealed class QueryPriorityTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly QueryPriority _questions = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_goes_on_when_no_question_runs()
    {
        _questions.Announce().Dispose();

        await Worker().WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task A_worker_waits_until_every_question_that_ran_when_it_came_has_ended()
    {
        var first = _questions.Announce();
        var second = _questions.Announce();
        var worker = Worker();

        first.Dispose();
        await Task.Delay(50, Cancellation);
        Assert.False(worker.IsCompleted);

        second.Dispose();
        await worker.WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task A_worker_does_not_wait_for_questions_that_come_while_it_waits()
    {
        var earlier = _questions.Announce();
        var worker = Worker();
        await Task.Delay(50, Cancellation);
        using var later = _questions.Announce();

        earlier.Dispose();

        await worker.WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task A_cancelled_worker_waits_no_longer()
    {
        using var question = _questions.Announce();
        using var cancelling = new CancellationTokenSource();
        var worker = Worker(cancelling.Token);

        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => worker.WaitAsync(s_patience, Cancellation));
    }

    private Task Worker() => Worker(Cancellation);

    private Task Worker(CancellationToken cancellation) =>
        Task.Factory.StartNew(
            () => _questions.YieldToQueries(cancellation),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
}
