using McpLongContext.Dashboard.Cluster;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;

namespace McpLongContext.Distributed.Management;

/// <inheritdoc cref="IClusterOverview"/>
internal sealed class ClusterOverview(ICatalog catalog, LiveSilos silos, CurrentCopies copies) : IClusterOverview
{
    /// <summary>A page is not kept waiting by a copy that does not answer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<ClusterModel> DescribeAsync(CancellationToken cancellation)
    {
        var (layouts, problem) = await ListAsync(cancellation);
        var rows = await Task.WhenAll(
            layouts
                .OrderBy(layout => layout.Name, StringComparer.Ordinal)
                .SelectMany(layout => layout.Shards.Select((_, shard) => DescribeAsync(layout, shard, cancellation)))
        );
        var held = rows.SelectMany(shard => shard).ToList();
        return new ClusterModel(
            [
                .. silos
                    .Names.Union(held.Select(copy => copy.Silo), StringComparer.Ordinal)
                    .Order(StringComparer.Ordinal)
                    .Select(name => RowOf(name, [.. held.Where(copy => copy.Silo == name)])),
            ],
            held,
            problem
        );
    }

    private SiloRow RowOf(string name, List<CopyRow> held) =>
        new(name, silos.Find(name)?.Endpoint.ToString(), held.Count, held.Sum(copy => copy.Bytes));

    private async Task<(IReadOnlyList<DatastoreLayout> Layouts, string Problem)> ListAsync(
        CancellationToken cancellation
    )
    {
        try
        {
            return (await catalog.ListLayoutsAsync(cancellation), "");
        }
        catch (ShardUnavailableException error)
        {
            return ([], error.Message);
        }
    }

    private async Task<CopyRow[]> DescribeAsync(DatastoreLayout layout, int shard, CancellationToken cancellation)
    {
        var held = layout.Shards[shard];
        var states = await Task.WhenAll(held.Select(copy => StateOfAsync(layout, shard, copy, cancellation)));
        var newest = states.Max(state => state?.NextPassage) ?? 0;
        return
        [
            .. held.Zip(
                states,
                (copy, state) =>
                    new CopyRow(
                        layout.Name,
                        shard,
                        copy.Silo,
                        $"{copy.State}".ToLowerInvariant(),
                        state?.Documents,
                        newest - (state?.NextPassage ?? newest),
                        state?.Pending ?? 0,
                        state?.Bytes ?? 0
                    )
            ),
        ];
    }

    private async Task<ShardState?> StateOfAsync(
        DatastoreLayout layout,
        int shard,
        ShardCopy copy,
        CancellationToken cancellation
    )
    {
        // Without an identity the copy is not made yet.
        if (copy.Identity == 0)
        {
            return null;
        }

        try
        {
            return await copies.GrainOf(layout, shard, copy).DescribeAsync().WaitAsync(s_patience, cancellation);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException or ShardUnavailableException)
        {
            return null;
        }
    }
}
