namespace McpLongContext.Dashboard.Performance;

/// <summary>The latest values of a measurement. Thread-safe.</summary>
internal sealed class Series
{
    private const int Kept = 4096;

    private readonly Lock _gate = new();
    private readonly Queue<(long Time, double Value)> _values = new();

    /// <summary>Adds a value; the oldest one goes where there are too many.</summary>
    public void Add(long timestamp, double value)
    {
        lock (_gate)
        {
            if (_values.Count == Kept)
            {
                _values.Dequeue();
            }

            _values.Enqueue((timestamp, value));
        }
    }

    /// <summary>Summarizes the values that are no older than a window.</summary>
    public Measured Summarize(string name, TimeProvider time, TimeSpan window)
    {
        lock (_gate)
        {
            while (_values.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Time) > window)
            {
                _values.Dequeue();
            }

            // A full series may begin later than the window does.
            var span = _values.Count == Kept ? time.GetElapsedTime(_values.Peek().Time) : window;
            var sorted = _values.Select(one => one.Value).Order().ToArray();
            return new Measured(
                name,
                sorted.Length,
                sorted.Length / span.TotalMinutes,
                sorted.Sum(),
                sorted.Sum() / span.TotalSeconds,
                Quantile(sorted, 0.5),
                Quantile(sorted, 0.99)
            );
        }
    }

    /// <summary>The smallest value that so many of all do not exceed.</summary>
    private static double Quantile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(sorted.Length * share) - 1, 0, sorted.Length - 1)];
}
