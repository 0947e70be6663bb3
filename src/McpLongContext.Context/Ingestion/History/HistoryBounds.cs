namespace McpLongContext.Context.Ingestion.History;

/// <summary>How much of a history is read.</summary>
/// <param name="Commits">The most commits, newest first.</param>
/// <param name="Time">The longest time.</param>
internal readonly record struct HistoryBounds(int Commits, TimeSpan Time)
{
    /// <summary>The bounds of an ingest.</summary>
    public static HistoryBounds OfIngest { get; } = new(20_000, TimeSpan.FromSeconds(60));

    /// <summary>The bounds while a question waits, of all histories together.</summary>
    public static HistoryBounds OfQuestion { get; } = OfIngest with { Time = TimeSpan.FromSeconds(2) };
}
