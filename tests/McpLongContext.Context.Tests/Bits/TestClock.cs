namespace McpLongContext.Context.Tests.Bits;

/// <summary>The time of the system, of which a second more may pass at every look at it.</summary>
internal sealed class TestClock : TimeProvider
{
    private long _looks;

    /// <summary>Told the number of every look, from 1; <see langword="null"/>: looks take no time.</summary>
    public Action<long>? Looked { get; set; }

    /// <inheritdoc />
    public override long GetTimestamp()
    {
        if (Looked is { } looked)
        {
            looked(Interlocked.Increment(ref _looks));
        }

        return base.GetTimestamp() + (Interlocked.Read(ref _looks) * TimestampFrequency);
    }
}
