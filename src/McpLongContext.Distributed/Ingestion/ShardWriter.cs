using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Jobs;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Distributed.Ingestion;

/// <summary>
/// Writes documents to the shards of a datastore, in batches. A batch goes to all copies that are current or join, and
/// counts when every one of them has it durably, by the layout after the write; a copy that fails is recorded as stale
/// before, and catches up later. A batch is written while the next one is collected.
/// </summary>
internal sealed class ShardWriter(IGrainFactory grains, IDatastoreGrain datastore, IngestJob job, TimeProvider time)
    : IAsyncDisposable
{
    private const int BatchDocuments = 512;
    private const long BatchBytes = 4 * 1024 * 1024;

    /// <summary>A copy that takes longer has failed.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(25);

    /// <summary>Between two passes of a write whose copies have changed.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private List<NewDocument> _documents = [];
    private List<SkippedFile> _skipped = [];
    private long _bytes;
    private long _pendingBytes;
    private int _unchanged;
    private Task _writing = Task.CompletedTask;

    /// <summary>Tells the shards which source is ingested.</summary>
    public async Task BeginSourceAsync(string source)
    {
        await CompleteAsync();
        var layout = await LayoutAsync();
        await WriteAsync(
            Enumerable.Range(0, layout.Shards.Length).ToDictionary(shard => shard, _ => Change([], [], source))
        );
    }

    /// <summary>Adds what was read of a source.</summary>
    public async Task AddAsync(Indexer.Source source, DocumentPaths paths)
    {
        _bytes += source.Bytes;
        if (source.Skipped is { } skipped)
        {
            _skipped.Add(new SkippedFile(Printable.Path(paths.Show(skipped.Path)), skipped.Reason));
        }
        else if (source.Document is null)
        {
            _unchanged++;
        }

        if (source.Document is { } document)
        {
            await AddAsync(document);
        }
    }

    /// <summary>Adds a document.</summary>
    public async Task AddAsync(NewDocument document)
    {
        _documents.Add(document);
        _pendingBytes += document.Bytes;
        if (_documents.Count >= BatchDocuments || _pendingBytes >= BatchBytes)
        {
            await FlushAsync();
        }
    }

    /// <summary>Removes documents.</summary>
    public async Task RemoveAsync(IEnumerable<string> paths)
    {
        await CompleteAsync();
        foreach (var part in paths.Chunk(BatchDocuments))
        {
            job.Cancellation.ThrowIfCancellationRequested();
            var layout = await LayoutAsync();
            var results = await WriteAsync(
                part.GroupBy(path => ShardOf.Document(path, layout.Shards.Length))
                    .ToDictionary(group => group.Key, group => Change([], [.. group], source: null))
            );
            job.Update(report => report with { Removed = report.Removed + results.Sum(result => result.Removed) });
        }
    }

    /// <summary>Ends when everything that was added is acknowledged.</summary>
    public async Task CompleteAsync()
    {
        await FlushAsync();
        await _writing;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static ShardChange Change(NewShardDocument[] put, string[] remove, string? source) =>
        new()
        {
            LayoutVersion = 0,
            Put = put,
            Remove = remove,
            Source = source,
        };

    private async Task FlushAsync()
    {
        await _writing;
        job.Cancellation.ThrowIfCancellationRequested();
        var (documents, skipped, bytes, unchanged) = (_documents, _skipped, _bytes, _unchanged);
        (_documents, _skipped, _bytes, _unchanged, _pendingBytes) = ([], [], 0, 0, 0);
        _writing = Task.Run(() => StoreAsync(documents, skipped, bytes, unchanged));
    }

    private async Task StoreAsync(List<NewDocument> documents, List<SkippedFile> skipped, long bytes, int unchanged)
    {
        ShardChangeResult[] results = [];
        if (documents.Count > 0)
        {
            var layout = await LayoutAsync();
            var passages = documents.Sum(document => document.Passages.Count);
            var next = await RetryAsync(() => datastore.ReserveAsync(passages));
            var numbered = new List<NewShardDocument>(documents.Count);
            foreach (var document in documents)
            {
                numbered.Add(NewShardDocument.Of(document, next));
                next += document.Passages.Count;
            }

            results = await WriteAsync(
                numbered
                    .GroupBy(document => ShardOf.Document(document.Document.Path, layout.Shards.Length))
                    .ToDictionary(group => group.Key, group => Change([.. group], [], source: null))
            );
        }

        job.Update(report =>
            report with
            {
                Added = report.Added + results.Sum(result => result.Added),
                Updated = report.Updated + results.Sum(result => result.Updated),
                Unchanged = report.Unchanged + unchanged + results.Sum(result => result.Unchanged),
                Bytes = report.Bytes + bytes,
                Skipped = SkippedFiles.Append(report.Skipped, skipped),
                SkippedCount = report.SkippedCount + skipped.Count,
            }
        );
    }

    private async Task<ShardChangeResult[]> WriteAsync(Dictionary<int, ShardChange> changes) =>
        await Task.WhenAll(changes.Select(change => WriteAsync(change.Key, change.Value)));

    /// <summary>Writes a change to every copy of a shard that takes writes.</summary>
    private async Task<ShardChangeResult> WriteAsync(int shard, ShardChange change)
    {
        ShardChangeResult? first = null;
        while (true)
        {
            var layout = await LayoutAsync();
            var versioned = change with { LayoutVersion = layout.Version };
            var copies = layout.Shards[shard].Where(copy => copy.State != CopyState.Stale).ToList();
            var outcomes = await Task.WhenAll(
                copies.Select(copy =>
                    TryWriteAsync(grains.GetGrain<IShardGrain>(layout.KeyOf(shard, copy).ToString()), versioned)
                )
            );
            first ??= Array.Find(outcomes, outcome => outcome.Result is not null)?.Result;
            if (!Array.Exists(outcomes, outcome => outcome.HasMoved) && await HasAllAsync(shard, copies, outcomes))
            {
                return first!;
            }

            await Task.Delay(s_pause, time, job.Cancellation);
        }
    }

    /// <summary>Whether all copies that take writes have one; those that failed are recorded as stale before.</summary>
    private async Task<bool> HasAllAsync(int shard, List<ShardCopy> copies, Outcome[] outcomes)
    {
        List<(ShardCopy Copy, Outcome Outcome)> failed =
        [
            .. copies.Zip(outcomes).Where(one => one.Second.Result is null),
        ];
        var now = failed.Count > 0 ? await MarkStaleAsync(shard, failed) : await LayoutAsync();

        // Copies may have changed during a slow write: it counts where all that take writes now have it. One that has
        // become current since may have undone it while it caught up.
        var written = copies.Except(failed.Select(one => one.Copy)).ToHashSet();
        return now.Shards[shard].Where(copy => copy.State != CopyState.Stale).All(written.Contains);
    }

    /// <summary>Records that copies have missed a write.</summary>
    /// <exception cref="ShardUnavailableException">No current copy has it; the message says why.</exception>
    private async Task<DatastoreLayout> MarkStaleAsync(int shard, List<(ShardCopy Copy, Outcome Outcome)> failed)
    {
        try
        {
            return await RetryAsync(() => datastore.MarkStaleAsync(shard, [.. failed.Select(one => one.Copy.Silo)]));
        }
        catch (ShardUnavailableException error)
        {
            var reasons = failed.Select(one => $"silo '{one.Copy.Silo}': {one.Outcome.Problem}");
            throw new ShardUnavailableException($"{error.Message} ({string.Join("; ", reasons)})", error);
        }
    }

    private async Task<DatastoreLayout> LayoutAsync() => (await RetryAsync(datastore.FindAsync))!;

    private Task<T> RetryAsync<T>(Func<Task<T>> call) => ClusterErrors.RetryAsync(call, time, job.Cancellation);

    private static async Task<Outcome> TryWriteAsync(IShardGrain copy, ShardChange change)
    {
        try
        {
            return new Outcome(await copy.ApplyAsync(change).WaitAsync(s_deadline));
        }
        catch (LayoutChangedException)
        {
            return new Outcome(Result: null, HasMoved: true);
        }
#pragma warning disable CA1031 // Whatever is wrong with a copy, the others have the change.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new Outcome(Result: null, Problem: ClusterErrors.ReasonOf(error));
        }
    }

    /// <summary>The outcome of a write to a copy.</summary>
    /// <param name="Result">The result; <see langword="null"/>: the copy has not taken the write.</param>
    /// <param name="Problem">Why it has not.</param>
    /// <param name="HasMoved">Whether the layout has changed instead.</param>
    private sealed record Outcome(ShardChangeResult? Result, string? Problem = null, bool HasMoved = false);
}
