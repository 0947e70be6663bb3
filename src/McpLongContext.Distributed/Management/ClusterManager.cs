using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Management;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Ingestion;
using McpLongContext.Distributed.Messages;
using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Distributed.Management;

/// <summary>Lists and trims the datastores of the cluster.</summary>
internal sealed class ClusterManager(
    IGrainFactory grains,
    ClusterDatastores datastores,
    CurrentCopies copies,
    DocumentPaths paths,
    TimeProvider time
) : IDatastoreManager
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<DatastoreSummary>> ListAsync(CancellationToken cancellation) =>
        ClusterErrors.TellAsync<IReadOnlyList<DatastoreSummary>>(async () =>
        {
            var summaries = new List<DatastoreSummary>();
            foreach (var name in await datastores.ListAsync(cancellation))
            {
                summaries.Add(await SummarizeAsync(name, cancellation));
            }

            return summaries;
        });

    /// <inheritdoc/>
    public Task<RemoveReport> RemoveDocumentAsync(string name, string document, CancellationToken cancellation) =>
        ClusterErrors.TellAsync(() => RemoveAsync(name, document, cancellation));

    private async Task<RemoveReport> RemoveAsync(string name, string document, CancellationToken cancellation)
    {
        if (!DocumentPaths.IsPath(document))
        {
            throw new ContextException(
                $"document: '{Printable.Path(document)}' is not a path; name a document, or a directory of documents."
            );
        }

        var layout = await datastores.RequireAsync(name, cancellation);
        var listings = await Task.WhenAll(
            Enumerable
                .Range(0, layout.Shards.Length)
                .Select(shard => copies.AnyAsync(layout, shard, copy => copy.ListAsync(root: null)))
        );
        List<string> stored = [.. listings.SelectMany(one => one.Documents).Select(one => one.Document.Path)];
        var path = paths.Identify(document);
        List<string> found =
            stored.Contains(document) ? [document]
            : stored.Contains(path) ? [path]
            : [.. stored.Where(one => IsBeneath(one, path) || IsBeneath(one, document))];
        if (found.Count == 0)
        {
            throw new ContextException(
                $"document: '{document}' is not in datastore '{name}'; name it as citations show it."
            );
        }

        using var job = new IngestJob("remove", name, time);
        await using var cancelling = cancellation.Register(job.Cancel);
        await using var writer = new ShardWriter(grains, datastores.Of(name), job, time);
        await writer.RemoveAsync(found);
        return new RemoveReport(name, [.. found.Order(StringComparer.Ordinal).Select(paths.Show)]);
    }

    private static bool IsBeneath(string path, string folder) =>
        path.StartsWith(folder.TrimEnd('/') + '/', StringComparison.Ordinal);

    /// <summary>One datastore that does not answer must not hide the others.</summary>
    private async Task<DatastoreSummary> SummarizeAsync(string name, CancellationToken cancellation)
    {
        try
        {
            var layout = await datastores.RequireAsync(name, cancellation);
            var states = await Task.WhenAll(
                Enumerable
                    .Range(0, layout.Shards.Length)
                    .Select(shard => copies.AnyAsync(layout, shard, copy => copy.DescribeAsync()))
            );
            var chunks = new ChunkSettings();
            return new DatastoreSummary
            {
                Name = name,
                Documents = states.Sum(state => state.Documents),
                Passages = states.Sum(state => state.Passages),
                Tokens = states.Sum(state => state.Tokens),
                Bytes = states.Sum(state => state.Bytes),
                StateBytes = states.Sum(state => state.EmbeddingBytes),
                PendingDocuments = states.Sum(state => state.Pending),
                ChunkSize = chunks.Size,
                Overlap = chunks.Overlap,
            };
        }
        catch (Exception error) when (error is ShardUnavailableException or OrleansException or TimeoutException)
        {
            return new DatastoreSummary { Name = name, Problem = ClusterErrors.ReasonOf(error) + "." };
        }
    }
}
