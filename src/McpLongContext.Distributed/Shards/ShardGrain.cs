using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Storage;

namespace McpLongContext.Distributed.Shards;

/// <inheritdoc cref="IShardGrain"/>
[NamedSiloPlacement]
[Reentrant]
internal sealed class ShardGrain(ShardStores stores, ShardQueries queries) : Grain, IShardGrain
{
    private ShardKey Key => ShardKey.Parse(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public Task<long> IdentifyAsync(bool creates)
    {
        var key = Key;
        return OffloadAsync(() => creates ? stores.CreateIdentityOf(key) : stores.IdentityOf(key));
    }

    /// <inheritdoc/>
    public Task<ShardState> DescribeAsync() => StoreAsync(store => store.Describe());

    /// <inheritdoc/>
    public Task<ShardListing> ListAsync(string? root) => StoreAsync(store => store.List(root));

    /// <inheritdoc/>
    public Task<ShardChangeResult> ApplyAsync(ShardChange change) => StoreAsync(store => store.ApplyAsync(change));

    /// <inheritdoc/>
    public Task EncodeAsync() =>
        StoreAsync(store =>
        {
            store.Encode();
            return true;
        });

    /// <inheritdoc/>
    public Task RemoveAsync()
    {
        var key = Key;
        return OffloadAsync(async () =>
        {
            await stores.RemoveAsync(key);
            return true;
        });
    }

    /// <inheritdoc/>
    public Task FenceAsync(long layoutVersion) =>
        StoreAsync(async store =>
        {
            await store.FenceAsync(layoutVersion);
            return true;
        });

    /// <inheritdoc/>
    public Task<NewShardDocument[]> ReadDocumentsAsync(string[] paths) =>
        StoreAsync(store => store.ReadDocuments(paths));

    /// <inheritdoc/>
    public Task<ShardSegments?> SegmentsAsync() => StoreAsync(store => store.Segments());

    /// <inheritdoc/>
    public Task<byte[]> ReadSegmentAsync(string file, long offset) =>
        StoreAsync(store => store.ReadSegment(file, offset));

    /// <inheritdoc/>
    public Task CatchUpAsync(string from)
    {
        var source = GrainFactory.GetGrain<IShardGrain>(from);
        return StoreAsync(async store =>
        {
            await store.CatchUpAsync(source);
            return true;
        });
    }

    /// <inheritdoc/>
    public Task<ShardStatistics> BeginAsync(Guid id, ShardRequest request, CancellationToken cancellation)
    {
        var key = Key.ToString();
        return StoreAsync(async store =>
        {
            var (opened, digest) = await store.AskAsync(request, cancellation);
            queries.Begin(key, id, opened);
            return queries.With(key, id, one => one.Count(digest, cancellation));
        });
    }

    /// <inheritdoc/>
    public Task<long[]> CountAsync(Guid id, string[] expressions) => WithAsync(id, one => one.Count(expressions));

    /// <inheritdoc/>
    public Task<RankedCandidates> RankCandidatesAsync(
        Guid id,
        (string Expression, long Frequency)[] terms,
        (long Passages, long Rows, long Tokens) lexical
    ) => WithAsync(id, one => one.RankCandidates(terms, lexical));

    /// <inheritdoc/>
    public Task<LiteralMatch[]> MatchInAsync(Guid id, int literal, long[] passages, CancellationToken cancellation) =>
        WithAsync(id, one => one.MatchIn(literal, passages, cancellation));

    /// <inheritdoc/>
    public Task<TermForms> ExpandAsync(Guid id, string[] terms, string[] expressions) =>
        WithAsync(id, one => one.Expand(terms, expressions));

    /// <inheritdoc/>
    public Task<ShardHits> SearchAsync(Guid id, ShardSearch search, CancellationToken cancellation) =>
        WithAsync(id, one => one.Search(search, cancellation));

    /// <inheritdoc/>
    public Task<ScoredPassages> ScanAsync(
        Guid id,
        float low,
        float high,
        int leastBin,
        CancellationToken cancellation
    ) => WithAsync(id, one => one.Scan((low, high), leastBin, cancellation));

    /// <inheritdoc/>
    public Task<ShardSignals> ScoreAsync(Guid id, long[] candidates, CancellationToken cancellation) =>
        WithAsync(id, one => one.Score(candidates, cancellation));

    /// <inheritdoc/>
    public Task<NameMatch[][]> FollowAsync(Guid id, string[] names, CancellationToken cancellation) =>
        WithAsync(id, one => one.Follow(names, cancellation));

    /// <inheritdoc/>
    public Task<ShardPassage[]> ReadAsync(Guid id, long[] passages, int aligned) =>
        WithAsync(id, one => one.Read(passages, aligned));

    /// <inheritdoc/>
    public Task EndAsync(Guid id)
    {
        queries.End(Key.ToString(), id);
        return Task.CompletedTask;
    }

    private Task<T> WithAsync<T>(Guid id, Func<ShardQuery, T> work)
        where T : class
    {
        var key = Key.ToString();
        return OffloadAsync(() => queries.With(key, id, work));
    }

    private Task<T> StoreAsync<T>(Func<ShardStore, T> work)
    {
        var key = Key;
        return OffloadAsync(() => work(stores.Of(key)));
    }

    private Task<T> StoreAsync<T>(Func<ShardStore, Task<T>> work)
    {
        var key = Key;
        return OffloadAsync(() => work(stores.Of(key)));
    }

    /// <summary>Works on a thread of the pool: those of Orleans are for messages.</summary>
    private static Task<T> OffloadAsync<T>(Func<T> work) => OffloadAsync(() => Task.FromResult(work()));

    private static async Task<T> OffloadAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await Task.Run(work);
        }
        catch (Exception error) when (error is DatastoreException or ContextException)
        {
#pragma warning disable MA0054 // The cause has no codec: with it, the caller would hear of that alone.
            throw new ShardUnavailableException(error.Message);
#pragma warning restore MA0054
        }
    }
}
