using McpLongContext.Distributed.Messages;

namespace McpLongContext.Distributed.Shards;

/// <summary>A copy of a shard: an ordinary datastore on the silo that its key names.</summary>
internal interface IShardGrain : IGrainWithStringKey
{
    /// <summary>The identity of the copy's own datastore.</summary>
    /// <param name="creates">Whether the datastore is made where there is none.</param>
    /// <returns>The identity; 0: there is no datastore.</returns>
    public Task<long> IdentifyAsync(bool creates);

    /// <summary>The contents of the copy.</summary>
    public Task<ShardState> DescribeAsync();

    /// <summary>The documents at and beneath a path, with whether they are stored as this program would.</summary>
    /// <param name="root">The path; <see langword="null"/>: all.</param>
    public Task<ShardListing> ListAsync(string? root);

    /// <summary>Changes the shard durably.</summary>
    /// <exception cref="LayoutChangedException">The layout has changed.</exception>
    /// <exception cref="ShardUnavailableException">Nothing can be stored.</exception>
    public Task<ShardChangeResult> ApplyAsync(ShardChange change);

    /// <summary>Encodes what is pending, in the background.</summary>
    [OneWay]
    public Task EncodeAsync();

    /// <summary>Removes the copy from its disk.</summary>
    public Task RemoveAsync();

    /// <summary>Refuses changes by an older layout from now on.</summary>
    public Task FenceAsync(long layoutVersion);

    /// <summary>Reads whole documents, for another copy.</summary>
    public Task<NewShardDocument[]> ReadDocumentsAsync(string[] paths);

    /// <summary>The segments with embeddings; <see langword="null"/> where there are none.</summary>
    public Task<ShardSegments?> SegmentsAsync();

    /// <summary>A part of a segment; empty after its end.</summary>
    public Task<byte[]> ReadSegmentAsync(string file, long offset);

    /// <summary>Makes this copy hold what another one does.</summary>
    /// <param name="from">The key of the other copy.</param>
    [ResponseTimeout("01:00:00")]
    public Task CatchUpAsync(string from);

    /// <summary>Begins a question.</summary>
    public Task<ShardStatistics> BeginAsync(Guid id, ShardRequest request, CancellationToken cancellation);

    /// <summary>Counts the passages that match each of some expressions.</summary>
    public Task<long[]> CountAsync(Guid id, string[] expressions);

    /// <summary>The best passages that may contain a literal, by the statistics of the collection.</summary>
    public Task<RankedCandidates> RankCandidatesAsync(
        Guid id,
        (string Expression, long Frequency)[] terms,
        (long Passages, long Rows, long Tokens) lexical
    );

    /// <summary>Those of some passages that contain a literal of the query.</summary>
    public Task<LiteralMatch[]> MatchInAsync(Guid id, int literal, long[] passages, CancellationToken cancellation);

    /// <summary>Counts other forms of rare terms.</summary>
    public Task<TermForms> ExpandAsync(Guid id, string[] terms, string[] expressions);

    /// <summary>Searches by the statistics of the collection.</summary>
    public Task<ShardHits> SearchAsync(Guid id, ShardSearch search, CancellationToken cancellation);

    /// <summary>Scans the tokens of the nearest passages.</summary>
    public Task<ScoredPassages> ScanAsync(Guid id, float low, float high, int leastBin, CancellationToken cancellation);

    /// <summary>The signals of candidates.</summary>
    public Task<ShardSignals> ScoreAsync(Guid id, long[] candidates, CancellationToken cancellation);

    /// <summary>The passages that contain names.</summary>
    public Task<NameMatch[][]> FollowAsync(Guid id, string[] names, CancellationToken cancellation);

    /// <summary>Passages as evidence shows them, so many of them aligned with the query.</summary>
    public Task<ShardPassage[]> ReadAsync(Guid id, long[] passages, int aligned);

    /// <summary>Ends a question.</summary>
    [OneWay]
    public Task EndAsync(Guid id);
}
