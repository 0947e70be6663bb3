using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Storage;

namespace McpLongContext.Distributed.Ingestion;

/// <summary>
/// Ingests into a datastore of the cluster: this silo reads and splits, the silos that hold the shards store and encode.
/// </summary>
internal sealed class ClusterIngestor(
    IGrainFactory grains,
    ClusterDatastores datastores,
    CurrentCopies copies,
    ClusterOptions options,
    Ingestor ingestor,
    JobRegistry jobs,
    AllowedRoots roots,
    DocumentPaths paths,
    TimeProvider time
) : IIngestor
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(300);

    /// <summary>A long document is encoded in less.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public async Task<IngestReport> IngestAsync(
        IngestRequest request,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    )
    {
        Limits.RequireWait(request.Wait);
        RequireName(request.Datastore);
        var within = request.Text is null ? roots.Narrow(request.Roots) : roots;
        var indexer = new Indexer(within, paths, time);
        var sources = request.Text is null
            ? await ClusterErrors.TellAsync(() => ResolveAsync(request, within, cancellation))
            : [];
        var text = request.Text is null ? null : indexer.PrepareText(TextSource.Require(request).Name, request.Text);
        var job = jobs.Start(
            JobKind.Ingest,
            request.Datastore,
            job =>
                ClusterErrors.TellAsync(async () =>
                {
                    var datastore = datastores.Of(request.Datastore);
                    var layout = await ClusterErrors.RetryAsync(
                        () => datastore.EnsureAsync(options.Shards),
                        time,
                        job.Cancellation
                    );
                    await using var writer = new ShardWriter(grains, datastore, job, time);
                    if (text is not null)
                    {
                        await writer.AddAsync(text);
                    }

                    foreach (var source in sources)
                    {
                        await IndexAsync(indexer, within, source, writer, job);
                    }

                    await writer.CompleteAsync();
                    await EncodeAsync(request.Datastore, job);
                    return layout.Version;
                })
        );
        var report = await ingestor.WaitAsync(job.Id, request.Wait, progress, cancellation);
        Ingestor.RefuseFiles(sources, report);
        return report;
    }

    private static void RequireName(string name)
    {
        if (DatastoreName.Require(name).Length > ShardKey.MaxDatastoreName)
        {
            throw new ContextException(
                $"datastore: '{name}' has {name.Length} characters; in a cluster a name has at most "
                    + $"{ShardKey.MaxDatastoreName}."
            );
        }
    }

    private async Task<List<string>> ResolveAsync(
        IngestRequest request,
        AllowedRoots within,
        CancellationToken cancellation
    )
    {
        var resolved = new List<string>();
        foreach (var path in request.Paths)
        {
            if (!DocumentPaths.IsPath(path))
            {
                throw new ContextException(
                    $"path: '{Printable.Path(path)}' is not a path; name a file or a directory."
                );
            }

            var any = within.ResolveAny(paths.Identify(path));
            var isVanished =
                !Path.Exists(any)
                && (await datastores.ListAsync(cancellation)).Contains(request.Datastore)
                && (await ListAsync(request.Datastore, any)).Documents.Length > 0;
            resolved.Add(isVanished ? any : within.Resolve(paths.Identify(path)));
        }

        return resolved;
    }

    /// <summary>Indexes a file or a directory; documents that vanished from it are removed.</summary>
    private async Task IndexAsync(Indexer indexer, AllowedRoots within, string path, ShardWriter writer, IngestJob job)
    {
        var stored = (await ListAsync(job.Datastore, Path.Exists(path) ? within.Resolve(path) : path)).Documents;
        var found = new HashSet<string>(StringComparer.Ordinal);
        if (Path.Exists(path))
        {
            var root = within.Resolve(path);
            await writer.BeginSourceAsync(root);
            var current = stored
                .Where(one => one.IsCurrent)
                .ToDictionary(
                    one => one.Document.Path,
                    one => new Storage.Catalog.ContentKey(one.Document.ContentKey),
                    StringComparer.Ordinal
                );
            var entries = indexer.Scanner.Scan(root, new ScanTrace(), job.Cancellation);
            await foreach (var source in indexer.ReadAsync(entries, current, contents: null, job.Cancellation))
            {
                if (source.StaysStored)
                {
                    found.Add(source.Path);
                }

                await writer.AddAsync(source, paths);
            }
        }

        await writer.CompleteAsync();
        await writer.RemoveAsync(
            stored
                .Select(one => one.Document.Path)
                .Where(document => !Indexer.WithParents(document).Any(found.Contains))
        );
    }

    private Task<DatastoreLayout> RequireAsync(string datastore, CancellationToken cancellation) =>
        ClusterErrors.RetryAsync(() => datastores.RequireAsync(datastore, cancellation), time, cancellation);

    /// <summary>The documents beneath a path in all shards.</summary>
    private async Task<ShardListing> ListAsync(string datastore, string root)
    {
        var layout = await RequireAsync(datastore, CancellationToken.None);
        var listings = await Task.WhenAll(
            Enumerable
                .Range(0, layout.Shards.Length)
                .Select(shard => copies.AnyAsync(layout, shard, copy => copy.ListAsync(root)))
        );
        return new ShardListing([.. listings.SelectMany(one => one.Documents)], []);
    }

    /// <summary>Everything is indexed: waits until the shards have encoded it.</summary>
    private async Task EncodeAsync(string datastore, IngestJob job)
    {
        job.MarkIndexed();
        var encoded = -1L;
        var moved = (Tokens: -1L, Pending: -1, At: time.GetTimestamp());
        while (true)
        {
            var layout = await RequireAsync(datastore, job.Cancellation);
            var states = await Task.WhenAll(
                Enumerable
                    .Range(0, layout.Shards.Length)
                    .Select(shard => copies.AllAsync(layout, shard, copy => copy.DescribeAsync()))
            );
            var tokens = states.Sum(one => one[0].Tokens);
            encoded = encoded < 0 ? tokens : encoded;
            var pending = states.Sum(one => one.Max(state => state.Pending));
            var problem = states
                .SelectMany(one => one)
                .Where(state => state.Pending > 0)
                .Select(state => state.EncodingProblem)
                .FirstOrDefault(IsGiven);
            moved = (tokens, pending) == (moved.Tokens, moved.Pending) ? moved : (tokens, pending, time.GetTimestamp());
            if (problem is null && time.GetElapsedTime(moved.At) > s_patience)
            {
                problem = $"nothing was encoded for {s_patience.TotalMinutes:F0} minutes";
            }

            var isDone =
                pending == 0 || problem is not null || states.Any(one => one.Exists(state => !state.HasEncoder));
            job.Update(report =>
                report with
                {
                    Passages = states.Sum(one => one[0].Passages),
                    PendingDocuments = pending,
                    EncodedTokens = tokens - encoded,
                    Notes = [.. NotesOf(layout), .. NotesOf(problem)],
                    State =
                        !isDone ? report.State
                        : pending == 0 ? IngestState.Complete
                        : IngestState.LexicalOnly,
                }
            );
            if (isDone)
            {
                return;
            }

            await Task.Delay(s_poll, time, job.Cancellation);
        }
    }

    private static bool IsGiven(string? text) => text is not null;

    private static string[] NotesOf(string? problem) =>
        problem is null ? [] : [$"Documents that are pending are found lexically alone: {problem.TrimEnd('.')}."];

    /// <summary>A note where documents were acknowledged by one copy alone.</summary>
    private static string[] NotesOf(DatastoreLayout layout)
    {
        var single = layout.Shards.Count(copies => copies.Count(copy => copy.State == CopyState.Current) < 2);
        return single == 0
            ? []
            :
            [
                $"{single} of {layout.Shards.Length} shards have one copy, which a lost disk takes along: with another "
                    + "silo in the cluster they get a second one.",
            ];
    }
}
