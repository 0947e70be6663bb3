namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A clock whose time stamps a test sets; timers run as those of the system do.</summary>
internal sealed class SetClock : TimeProvider
{
    private long _now;

    /// <summary>The time since the clock was made.</summary>
    public TimeSpan Now
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _now));
        set => Volatile.Write(ref _now, value.Ticks);
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);
}
