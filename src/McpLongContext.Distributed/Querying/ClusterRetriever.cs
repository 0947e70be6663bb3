using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Querying;

/// <summary>
/// Answers questions to the datastores of a cluster. A copy of a shard that is slow or fails is passed over for another
/// one; where none is left, the result names what is missing, and why.
/// </summary>
internal sealed class ClusterRetriever(
    IGrainFactory grains,
    ClusterDatastores datastores,
    CurrentCopies current,
    SharedEncoder encoders,
    CollectionQuery query,
    StepTimes times,
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
        var failed = new Dictionary<ShardAddress, string>();
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
                    $"datastore: no shard of '{request.Datastore}' answers: {RemedyFor(missing, failed)}."
                );
            }

            using var shards = new ShardFanOut([
                .. copies.Select(shard => new ShardConversation(
                    grains,
                    layout.Name,
                    shard,
                    times,
                    options.Deadline,
                    time,
                    cancellation
                )),
            ]);
            try
            {
                var result = await query.RunAsync(shards, request, encoder);
                return missing.Count == 0
                    ? result
                    : result with
                    {
                        Notes = [Missing(layout, missing, failed), .. result.Notes],
                    };
            }
            catch (ShardFailedException failure)
            {
                logger.LogWarning("{Datastore}: {Reason}", layout.Name, failure.Message);
                foreach (var (address, reason) in shards.Failures)
                {
                    failed[address] = reason;
                }
            }
        }
    }

    /// <summary>The current copies of each shard on silos that are alive, the own one first.</summary>
    private (List<ShardAddress[]> Copies, List<ShardAddress> Missing) Choose(
        DatastoreLayout layout,
        Dictionary<ShardAddress, string> failed
    )
    {
        var (chosen, missing) = (new List<ShardAddress[]>(), new List<ShardAddress>());
        for (var shard = 0; shard < layout.Shards.Length; shard++)
        {
            ShardAddress[] usable =
            [
                .. current
                    .Of(layout, shard)
                    .Select(copy => new ShardAddress(shard, copy.Silo, copy.Identity))
                    .Where(copy => !failed.ContainsKey(copy)),
            ];
            if (usable.Length > 0)
            {
                Random.Shared.Shuffle(usable);
                chosen.Add([.. usable.OrderByDescending(copy => copy.Silo == options.Name)]);
            }
            else
            {
                var at = shard;
                missing.AddRange(
                    layout
                        .Shards[shard]
                        .Where(copy => copy.State == CopyState.Current)
                        .Select(copy => new ShardAddress(at, copy.Silo, copy.Identity))
                );
            }
        }

        return (chosen, missing);
    }

    private static string Missing(
        DatastoreLayout layout,
        List<ShardAddress> missing,
        Dictionary<ShardAddress, string> failed
    ) =>
        $"{missing.DistinctBy(copy => copy.Shard).Count()} of {layout.Shards.Length} shards did not answer: their "
        + $"documents are missing from this result: {RemedyFor(missing, failed)}.";

    /// <summary>The silos to start, and the reasons of those that are alive.</summary>
    private static string RemedyFor(List<ShardAddress> missing, Dictionary<ShardAddress, string> failed)
    {
        var reasons = missing
            .Where(failed.ContainsKey)
            .Select(copy => $"silo '{copy.Silo}' says: {failed[copy].TrimEnd('.')}");
        var dead = missing
            .Where(copy => !failed.ContainsKey(copy))
            .Select(copy => $"'{copy.Silo}'")
            .Distinct()
            .ToList();
        return string.Join(
            "; ",
            (dead.Count == 0 ? [] : new[] { $"start silo {string.Join(" or ", dead)}" })
                .Concat(reasons)
                .Distinct(StringComparer.Ordinal)
        );
    }
}
