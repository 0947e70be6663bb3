using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Output;

/// <summary>Shows a running ingest on standard error: a bar on a terminal, a line now and then otherwise.</summary>
internal abstract class IngestDisplay : IProgress<IngestReport>
{
    public static IngestDisplay Create(TextWriter error, TimeProvider time) =>
        TerminalBar.IsPossible(error) ? new BarDisplay(error) : new LineDisplay(error, time);

    public abstract void Report(IngestReport value);

    /// <summary>Shows the ingest while it runs.</summary>
    public abstract Task<T> ShowAsync<T>(Func<Task<T>> work);

    /// <summary>A line at every change of stage and every five seconds.</summary>
    private sealed class LineDisplay(TextWriter error, TimeProvider time) : IngestDisplay
    {
        private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

        private readonly Lock _lock = new();
        private IngestState? _state;
        private long _shown;

        public override Task<T> ShowAsync<T>(Func<Task<T>> work) => work();

        public override void Report(IngestReport value)
        {
            lock (_lock)
            {
                if (value.State != _state || time.GetElapsedTime(_shown) >= s_interval)
                {
                    _state = value.State;
                    _shown = time.GetTimestamp();
                    error.WriteLine(IngestText.Progress(value));
                }
            }
        }
    }

    /// <summary>A bar that fills as documents are encoded; how many files there are is not known before.</summary>
    private sealed class BarDisplay(TextWriter error) : IngestDisplay
    {
        private TerminalBar? _bar;
        private int _mostPending;

        public override Task<T> ShowAsync<T>(Func<Task<T>> work) =>
            TerminalBar.ShowAsync(
                error,
                bar =>
                {
                    _bar = bar;
                    return work();
                }
            );

        public override void Report(IngestReport value)
        {
            _mostPending = Math.Max(_mostPending, value.PendingDocuments);
            var encoding = value.State == IngestState.Encoding && _mostPending > 0;
            _bar?.Set(
                IngestText.Progress(value),
                encoding ? 1 - ((double)value.PendingDocuments / _mostPending) : null
            );
        }
    }
}
