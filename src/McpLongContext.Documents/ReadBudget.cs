using System.Diagnostics;

namespace McpLongContext.Documents;

/// <summary>Bounds what reading one file may cost; every limit ends it with a reason.</summary>
/// <param name="time">The longest time.</param>
/// <param name="cancellation">Ends the reading.</param>
public sealed class ReadBudget(TimeSpan time, CancellationToken cancellation)
{
    /// <summary>The longest text of one file, in characters: several times the longest books.</summary>
    public const int MaxCharacters = 20 * 1024 * 1024;

    /// <summary>The deepest nesting of elements that is followed.</summary>
    public const int MaxDepth = 256;

    /// <summary>The largest total size of the parts of one archive, in bytes.</summary>
    public const long MaxUnpackedBytes = 512L * 1024 * 1024;

    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>The longest time that reading a file may take.</summary>
    public static TimeSpan DefaultTime { get; } = TimeSpan.FromSeconds(120);

    /// <summary>The longest time of this reading.</summary>
    public TimeSpan Time => time;

    /// <summary>Ends the reading when it was canceled.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>Throws when the time is over or the reading was canceled.</summary>
    public void Check()
    {
        cancellation.ThrowIfCancellationRequested();
        if (Stopwatch.GetElapsedTime(_start) > time)
        {
            throw Overdue();
        }
    }

    /// <summary>Throws when nesting is too deep.</summary>
    public static void CheckDepth(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new UnreadableDocumentException($"its elements are nested deeper than {MaxDepth} levels");
        }
    }

    internal UnreadableDocumentException Overdue() =>
        new($"reading it took longer than {time.TotalSeconds:0} seconds; split it or convert it to text");
}
