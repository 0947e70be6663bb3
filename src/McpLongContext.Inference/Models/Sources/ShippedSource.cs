namespace McpLongContext.Inference.Models.Sources;

/// <summary>A model that is shipped beside the catalog: installing it needs no network.</summary>
/// <param name="entry">The entry of the catalog.</param>
/// <param name="source">The folder of its files.</param>
internal sealed class ShippedSource(ModelEntry entry, string source) : IModelSource
{
    /// <summary>Begins the name of such a source; the folder follows, from that of the catalog on.</summary>
    public const string Prefix = "shipped:";

    public string Name => entry.Name;

    public bool IsSatisfiedBy(ModelEntry installed) => entry.HasSameContentAs(installed);

    public Task<ModelEntry> DescribeAsync(CancellationToken cancellation) => Task.FromResult(entry);

    public Task FetchAsync(
        ModelEntry entry,
        string folder,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    ) => FolderSource.CopyAsync(source, entry, folder, progress, cancellation);
}
