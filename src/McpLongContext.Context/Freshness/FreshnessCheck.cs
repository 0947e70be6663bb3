using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Freshness;

/// <summary>The state of a datastore's sources at the moment of a question.</summary>
/// <param name="Report">The report for the user, without Git; <see langword="null"/>: there are no sources, or an ingest is
/// reading them.</param>
/// <param name="Stale">Paths of documents that must not be cited.</param>
/// <param name="Git">Ends with the state of each Git tree.</param>
internal sealed record FreshnessCheck(
    FreshnessReport? Report,
    IReadOnlySet<string> Stale,
    Task<IReadOnlyList<GitState>> Git
)
{
    /// <summary>Nothing is known.</summary>
    public static FreshnessCheck None { get; } =
        new(null, new HashSet<string>(), Task.FromResult<IReadOnlyList<GitState>>([]));

    /// <summary>The whole report.</summary>
    public async Task<FreshnessReport?> CompleteAsync()
    {
        var git = await Git;
        return Report is null ? null : Report with { Git = git };
    }
}
