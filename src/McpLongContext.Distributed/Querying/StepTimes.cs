using System.Collections.Concurrent;

namespace McpLongContext.Distributed.Querying;

/// <summary>How long the steps of questions take, to know when a copy of a shard is slow.</summary>
internal sealed class StepTimes
{
    private const int Window = 256;
    private const int LeastSamples = 20;
    private const double Usual = 0.95;

    /// <summary>A second copy is not asked earlier: scheduling alone takes as long at times.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(20);

    /// <summary>While little is known.</summary>
    private static readonly TimeSpan s_unknown = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<(string Datastore, string Step), Samples> _samples = [];

    /// <summary>The time after which a step takes longer than 95 % of those before.</summary>
    public TimeSpan UsualOf(string datastore, string step) =>
        _samples.TryGetValue((datastore, step), out var samples) && samples.Quantile(Usual) is { } usual
            ? TimeSpan.FromTicks(Math.Max(usual.Ticks, s_least.Ticks))
            : s_unknown;

    /// <summary>Adds the time that a step took.</summary>
    public void Add(string datastore, string step, TimeSpan taken) =>
        _samples.GetOrAdd((datastore, step), _ => new Samples()).Add(taken);

    private sealed class Samples
    {
        private readonly TimeSpan[] _taken = new TimeSpan[Window];
        private int _count;

        public void Add(TimeSpan taken)
        {
            lock (_taken)
            {
                _taken[_count++ % Window] = taken;
            }
        }

        public TimeSpan? Quantile(double part)
        {
            lock (_taken)
            {
                var count = Math.Min(_count, Window);
                return count < LeastSamples ? null : _taken.Take(count).Order().ElementAt((int)(part * (count - 1)));
            }
        }
    }
}
