using System.Globalization;

namespace McpLongContext.Benchmarks.Growth;

/// <summary>The costs of a datastore of some size: its building and its queries.</summary>
/// <param name="Megabytes">Source texts.</param>
/// <param name="Tokens">Token states, in millions.</param>
/// <param name="SearchableSeconds">Until everything was answerable by words.</param>
/// <param name="IngestCoreSeconds">Seconds of all cores until everything was encoded.</param>
/// <param name="DiskMegabytes">On disk.</param>
/// <param name="IngestMegabytes">Peak memory of the ingest.</param>
/// <param name="ServerMegabytes">Memory of a server that has answered questions, mapped files included.</param>
/// <param name="MedianMilliseconds">A query to that server.</param>
/// <param name="SlowMilliseconds">The slowest of a hundred queries.</param>
internal sealed record GrowthPoint(
    double Megabytes,
    double Tokens,
    double SearchableSeconds,
    double IngestCoreSeconds,
    double DiskMegabytes,
    double IngestMegabytes,
    double ServerMegabytes,
    double MedianMilliseconds,
    double SlowMilliseconds
)
{
    public static string Header =>
        $"{"MB", 7} {"M tokens", 9} {"searchable s", 13} {"core s", 9} {"disk MB", 9} {"ingest MB", 10} {"server MB", 10} {"p50 ms", 8} {"p99 ms", 8}";

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Megabytes, 7:F1} {Tokens, 9:F2} {SearchableSeconds, 13:F2} {IngestCoreSeconds, 9:F1} {DiskMegabytes, 9:F1} "
                + $"{IngestMegabytes, 10:F0} {ServerMegabytes, 10:F0} {MedianMilliseconds, 8:F1} {SlowMilliseconds, 8:F1}"
        );
}
