namespace McpLongContext.Inference.Models.Sources;

/// <summary>Where one model comes from. One instance serves one installation.</summary>
internal interface IModelSource
{
    /// <summary>The name that the model is installed under.</summary>
    public string Name { get; }

    /// <summary>
    /// Whether this installed model is what an installation from here would give, as far as is known offline.
    /// </summary>
    public bool IsSatisfiedBy(ModelEntry installed);

    /// <summary>Finds out which files there are, at a revision that does not change any more.</summary>
    /// <exception cref="ModelException">The source cannot be reached or has no such model.</exception>
    public Task<ModelEntry> DescribeAsync(CancellationToken cancellation);

    /// <summary>
    /// Brings the entry's files into a folder, under their installed names. What an earlier, broken-off call for the
    /// same entry has left there may be reused. The caller verifies the result.
    /// </summary>
    /// <exception cref="ModelException">The files cannot be fetched.</exception>
    public Task FetchAsync(
        ModelEntry entry,
        string folder,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    );
}
