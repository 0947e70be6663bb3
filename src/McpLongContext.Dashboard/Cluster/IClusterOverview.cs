namespace McpLongContext.Dashboard.Cluster;

/// <summary>Knows the silos of a cluster and what they hold.</summary>
internal interface IClusterOverview
{
    /// <summary>The cluster as it is now; a copy that does not answer in a short time is told as such.</summary>
    public Task<ClusterModel> DescribeAsync(CancellationToken cancellation);
}
