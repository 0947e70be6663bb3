namespace McpLongContext.Context.Contracts;

/// <summary>Changes of watched sources that are searchable now.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="Files">The files that were read again or removed.</param>
/// <param name="Seconds">The seconds that it took.</param>
public sealed record WatchReport(string Datastore, int Files, double Seconds);
