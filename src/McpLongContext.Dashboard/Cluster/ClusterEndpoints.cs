using McpLongContext.Dashboard.Rendering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Cluster;

/// <summary>The page of silos, shards and copies, the first one of a silo.</summary>
internal static class ClusterEndpoints
{
    /// <summary>Maps the page.</summary>
    public static void MapCluster(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/", ShowAsync);
        pages.MapGet("/cluster/tables", ShowTablesAsync);
    }

    private static async Task<IResult> ShowAsync(IClusterOverview cluster, CancellationToken cancellation) =>
        View.Of<ClusterPage, ClusterModel>(await cluster.DescribeAsync(cancellation));

    private static async Task<IResult> ShowTablesAsync(
        IClusterOverview cluster,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(isActive: false);
        return View.Of<ClusterTables, ClusterModel>(await cluster.DescribeAsync(cancellation));
    }
}
