using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using McpLongContext.Storage;
using McpLongContext.Storage.Backups;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Distributed.Management;

/// <summary>
/// Puts the shards of a datastore together into one backup, which any machine restores: the same documents under the same
/// numbers, so that it answers as the cluster does.
/// </summary>
internal sealed class ClusterBackup(ClusterDatastores datastores, CurrentCopies copies, ScratchFiles scratch)
{
    private const int Attempts = 3;

    /// <summary>Writes a backup.</summary>
    /// <param name="name">The datastore.</param>
    /// <param name="file">The file.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ContextException">There is no such datastore, or a shard does not answer.</exception>
    public Task<string> WriteAsync(string name, string file, CancellationToken cancellation) =>
        ClusterErrors.TellAsync(async () =>
        {
            var folder = scratch.NewPath();
            try
            {
                var layout = await datastores.RequireAsync(name, cancellation);
                for (var attempt = 1; ; attempt++)
                {
                    using var target = new DatastoreHome(Path.Combine(folder, $"{attempt}")).OpenOrCreate(name);
                    IShardGrain[] shards = [.. layout.Shards.Select((_, shard) => copies.Any(layout, shard))];
                    if (await FillAsync(target, shards, cancellation) is not { } missing)
                    {
                        DatastoreBackup.Write(target, file, cancellation);
                        return file;
                    }

                    if (attempt == Attempts)
                    {
                        throw new ContextException(
                            $"backup: document '{missing}' of datastore '{name}' is damaged, or was changed while it was "
                                + "copied: try again when nothing is ingested, or ingest it again."
                        );
                    }
                }
            }
            finally
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        });

    /// <summary>Copies everything into a datastore.</summary>
    /// <returns>A document that could not be read; <see langword="null"/>: all were.</returns>
    private async Task<string?> FillAsync(Datastore target, IShardGrain[] shards, CancellationToken cancellation)
    {
        var listings = await Task.WhenAll(shards.Select(shard => shard.ListAsync(root: null)));
        var documents = listings
            .SelectMany((listing, shard) => listing.Documents.Select(one => (Shard: shard, one.Document)))
            .OrderBy(one => one.Document.FirstPassage)
            .ThenBy(one => one.Document.Id)
            .ToList();

        // Equal files of several sources share their passages; afterwards the sources are those of the silos.
        string[] sources = [.. listings.SelectMany(listing => listing.Sources).Distinct(StringComparer.Ordinal)];
        target.ApplySources(
            new SourceChange { Sources = [.. sources.Select(path => new StoredSource(path, true, false))] }
        );
        foreach (var part in DocumentParts.Cut(documents, one => one.Document.Bytes))
        {
            cancellation.ThrowIfCancellationRequested();
            var read = await Task.WhenAll(
                part.GroupBy(one => one.Shard)
                    .Select(group => shards[group.Key].ReadDocumentsAsync([.. group.Select(one => one.Document.Path)]))
            );
            var whole = read.SelectMany(documents => documents).ToList();
            var paths = whole.Select(one => one.Document.Path).ToHashSet(StringComparer.Ordinal);
            if (part.FirstOrDefault(one => !paths.Contains(one.Document.Path)).Document is { } missing)
            {
                return missing.Path;
            }

            target.Apply(
                new CatalogChange
                {
                    Put =
                    [
                        .. whole
                            .OrderBy(one => one.Document.FirstPassage)
                            .ThenBy(one => one.Document.Id)
                            .Select(one => one.ToDocument()),
                    ],
                }
            );
        }

        target.ApplySources(new SourceChange { RemoveSources = sources });
        foreach (var shard in shards)
        {
            cancellation.ThrowIfCancellationRequested();
            await SegmentTransfer.CopyAsync(shard, target, scratch);
        }

        return null;
    }
}
