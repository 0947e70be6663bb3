using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Querying;

/// <summary>
/// Answers questions to the datastores of a cluster. A copy of a shard that does not answer in time is passed over, and
/// the question asked again with another one; where none is left, the result names what is missing.
/// </summary>
internal sealed class ClusterRetriever(
    IGrainFactory grains,
    ClusterDatastores datastores,
    CurrentCopies current,
    SharedEncoder encoders,
    CollectionQuery query,
    ClusterOptions options,
    TimeProvider time,
    ILogger<ClusterRetriever> logger
) : IRetriever
{
    /// <inheritdoc/>
    public Task<QueryResult> QueryAsync(QueryRequest request, CancellationToken cancellation) =>
        ClusterErrors.TellAsync(() => AskAsync(request, cancellation));

    private async Task<QueryResult> AskAsync(QueryRequest request, CancellationToken cancellation)
    {
        var encoder = await encoders.FindAsync(cancellation);
        var failed = new HashSet<ShardAddress>();
        while (true)
        {
            var layout = await ClusterErrors.RetryAsync(
                () => datastores.RequireAsync(request.Datastore, cancellation),
                time,
                cancellation
            );
            var (copies, missing) = Choose(layout, failed);
            if (copies.Count == 0)
            {
                throw new ContextException(
                    $"datastore: no shard of '{request.Datastore}' answers: start {NamesOf(missing)}."
                );
            }

            await using var shards = new ShardFanOut(grains, layout.Name, copies, options.Deadline, cancellation);
            try
            {
                var result = await query.RunAsync(shards, request, encoder);
                return missing.Count == 0
                    ? result
                    : result with
                    {
                        Notes = [Missing(layout, missing), .. result.Notes],
                    };
            }
            catch (ShardFailedException failure)
            {
                logger.LogWarning("{Datastore}: {Reason}", layout.Name, failure.Message);
                failed.Add(failure.Address);
            }
        }
    }

    /// <summary>A current copy of each shard on a silo that is alive: the own one, or any.</summary>
    private (IReadOnlyList<ShardAddress> Copies, IReadOnlyList<ShardCopy[]> Missing) Choose(
        DatastoreLayout layout,
        HashSet<ShardAddress> failed
    )
    {
        var (chosen, missing) = (new List<ShardAddress>(), new List<ShardCopy[]>());
        for (var shard = 0; shard < layout.Shards.Length; shard++)
        {
            var usable = current
                .Of(layout, shard)
                .Select(copy => new ShardAddress(shard, copy.Silo, copy.Identity))
                .Where(copy => !failed.Contains(copy))
                .ToList();
            if (usable.Count == 0)
            {
                missing.Add(layout.Shards[shard]);
            }
            else
            {
                chosen.Add(
                    usable.Exists(copy => copy.Silo == options.Name)
                        ? usable.Find(copy => copy.Silo == options.Name)
                        : usable[Random.Shared.Next(usable.Count)]
                );
            }
        }

        return (chosen, missing);
    }

    private static string Missing(DatastoreLayout layout, IReadOnlyList<ShardCopy[]> missing) =>
        $"{missing.Count} of {layout.Shards.Length} shards did not answer: their documents are missing from this result. "
        + $"Start {NamesOf(missing)}.";

    private static string NamesOf(IReadOnlyList<ShardCopy[]> missing) =>
        string.Join(
            " or ",
            missing.SelectMany(copies => copies).Select(copy => $"silo '{copy.Silo}'").Distinct(StringComparer.Ordinal)
        );
}
