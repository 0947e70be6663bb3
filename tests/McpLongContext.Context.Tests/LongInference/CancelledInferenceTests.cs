using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Tests.LongInference;

/// <summary>A long inference that is stopped loses nothing that was done.</summary>
public sealed class CancelledInferenceTests : StoriesInference
{
    [Theory]
    [InlineData(InferenceMode.Score)]
    [InlineData(InferenceMode.Generate)]
    public async Task What_was_done_is_kept_when_cancelled_and_the_same_request_goes_on(InferenceMode mode)
    {
        Folder.Write("work/a.txt", Golden.Text);
        Folder.Write("work/b.txt", Golden.Text);
        await Service.IngestAsync(new IngestRequest { Paths = ["."], Wait = null }, null, Cancellation);
        var request = new LongInferenceRequest
        {
            Datastore = "default",
            Mode = mode,
            Window = 128,
            Model = Model,
        };
        var whole = await InferAsync(request);
        using var cancellation = new CancellationTokenSource();

        // Cancelled at the beginning of the second window.
        var report = await Service.InferAsync(request, new CancelAtSecond(cancellation), cancellation.Token);
        var rest = await InferAsync(request);

        Assert.Equal(InferenceState.Cancelled, report.State);
        Assert.Equal(whole.Windows[0].Citation, Assert.Single(report.Windows).Citation);
        Assert.Equal(InferenceState.Complete, rest.State);
        Assert.Equal(whole.Windows.Select(Without), rest.Windows.Select(Without));
        Assert.Equal(Without(report.Windows[0]), Without(rest.Windows[0]));
        Assert.Equal(report.Windows[0].Seconds, rest.Windows[0].Seconds);

        static WindowReport Without(WindowReport window) => window with { Seconds = 0, TokensPerSecond = 0 };
    }

    [Fact]
    public async Task A_window_that_is_cancelled_in_its_middle_is_marked_and_done_again()
    {
        var request = new LongInferenceRequest
        {
            Text = Golden.Text,
            Mode = InferenceMode.Generate,
            MaxNewTokens = 20,
            Model = Model,
        };
        using var cancellation = new CancellationTokenSource();

        var report = await Service.InferAsync(request, new CancelAfter(cancellation, 5), cancellation.Token);
        var whole = Assert.Single((await InferAsync(request)).Windows);

        Assert.Equal(InferenceState.Cancelled, report.State);
        var window = Assert.Single(report.Windows);
        Assert.True(window.Partial);
        Assert.Equal(5, window.NewTokens);
        Assert.StartsWith(window.Output!, whole.Output, StringComparison.Ordinal);
        Assert.False(whole.Partial);
    }

    private sealed class CancelAtSecond(CancellationTokenSource cancellation) : IProgress<LongInferenceProgress>
    {
        public void Report(LongInferenceProgress value)
        {
            if (value.Last is not null)
            {
                cancellation.Cancel();
            }
        }
    }

    private sealed class CancelAfter(CancellationTokenSource cancellation, int tokens)
        : IProgress<LongInferenceProgress>
    {
        public void Report(LongInferenceProgress value)
        {
            if (value.NewTokens == tokens)
            {
                cancellation.Cancel();
            }
        }
    }
}
