namespace McpLongContext.EndToEnd.Reliability;

/// <summary>The promises of a datastore, whatever happened to the process or the machine that wrote it.</summary>
internal static class DurabilityContract
{
    /// <summary>
    /// Every document that was acknowledged is there whole, in the acknowledged version or a later one; none is half;
    /// nothing is damaged.
    /// </summary>
    /// <param name="service">Over the datastore.</param>
    /// <param name="tree">The documents, and all versions that they had.</param>
    /// <param name="acknowledged">The version of each document that was acknowledged.</param>
    public static async Task CheckAsync(
        LongContextService service,
        ChangingTree tree,
        Dictionary<string, int> acknowledged
    )
    {
        if (service.ListDatastores().Count == 0)
        {
            Assert.Empty(acknowledged);
            return;
        }

        var report = await service.VerifyAsync("default", repair: false, TestContext.Current.CancellationToken);
        Assert.True(report.Sound, string.Join('\n', report.Findings));
        var stored = service
            .ShowDatastore("default")
            .Documents.Select(document => document.Path)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var file in stored)
        {
            var text = service.ReadDocument("default", file, startLine: null, endLine: null).Text;
            var since = acknowledged.GetValueOrDefault(file);
            Assert.True(tree.Had(file, text, since), $"{file} is stored in no version since the acknowledged one.");
        }

        foreach (var (file, version) in acknowledged)
        {
            Assert.True(stored.Contains(file) || tree.WasGone(file, version), $"{file} was acknowledged and is lost.");
        }
    }
}
