using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Output;

/// <summary>Shows a running inference on standard error: a bar on a terminal, a line now and then otherwise.</summary>
internal abstract class InferenceDisplay : IProgress<LongInferenceProgress>
{
    public static InferenceDisplay Create(TextWriter error, TimeProvider time) =>
        TerminalBar.IsPossible(error) ? new BarDisplay(error) : new LineDisplay(error, time);

    public abstract void Report(LongInferenceProgress value);

    /// <summary>Shows the inference while it runs.</summary>
    public abstract Task<T> ShowAsync<T>(Func<Task<T>> work);

    /// <summary>A line every five seconds.</summary>
    private sealed class LineDisplay(TextWriter error, TimeProvider time) : InferenceDisplay
    {
        private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

        private long? _shown;

        public override Task<T> ShowAsync<T>(Func<Task<T>> work) => work();

        public override void Report(LongInferenceProgress value)
        {
            if (_shown is not { } shown || time.GetElapsedTime(shown) >= s_interval)
            {
                _shown = time.GetTimestamp();
                error.WriteLine(InferenceText.Progress(value));
            }
        }
    }

    /// <summary>A bar over the windows of a document.</summary>
    private sealed class BarDisplay(TextWriter error) : InferenceDisplay
    {
        private TerminalBar? _bar;

        public override Task<T> ShowAsync<T>(Func<Task<T>> work) =>
            TerminalBar.ShowAsync(
                error,
                bar =>
                {
                    _bar = bar;
                    return work();
                }
            );

        public override void Report(LongInferenceProgress value) =>
            _bar?.Set(InferenceText.Progress(value), (value.Window - 1.0) / value.Windows);
    }
}
