using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Maintenance;

/// <summary>Gives back the space of what was removed, and merges small segments.</summary>
internal sealed class Compactor(Datastore datastore)
{
    /// <summary>Compacts everything. Searches and changes continue meanwhile.</summary>
    /// <exception cref="DatastoreBusyException">Another process compacts it.</exception>
    public void Run(CancellationToken cancellation)
    {
        using var turn = TryTakeTurn();
        if (turn is null)
        {
            throw new DatastoreBusyException(
                $"The datastore '{datastore.Name}' is being compacted by another process. Wait for it to end."
            );
        }

        DropDeadEmbeddings();
        new SegmentMerger(datastore).Merge(cancellation);
        cancellation.ThrowIfCancellationRequested();
        datastore.Maintain(database =>
        {
            database.Execute("INSERT INTO lexical(lexical) VALUES ('optimize')");
            database.Execute("INSERT INTO commit_terms(commit_terms) VALUES ('optimize')");
            database.Execute("PRAGMA incremental_vacuum");
            database.TryTrimLog();
        });
    }

    /// <summary>Merges small segments unless another process is at it.</summary>
    public void MergeOnly()
    {
        using var turn = TryTakeTurn();
        if (turn is null)
        {
            return;
        }

        try
        {
            new SegmentMerger(datastore).Merge(CancellationToken.None);
        }
        catch (DatastoreException)
        {
            // It was only for speed, and the publication before it succeeded: the next one tries again.
        }
    }

    /// <summary>One process compacts at a time; the system lets go of the lock when it dies.</summary>
    private FileStream? TryTakeTurn()
    {
        datastore.ThrowIfRemoved();
        try
        {
            return new FileStream(
                Path.Combine(datastore.Folder, "compact.lock"),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            );
        }
        catch (IOException) when (Directory.Exists(datastore.Folder))
        {
            return null;
        }
    }

    /// <summary>Forgets embeddings of contents that no document has, and segments that hold no others.</summary>
    private void DropDeadEmbeddings()
    {
        var files = datastore.Write(database =>
        {
            database.Execute("DELETE FROM states WHERE content_key NOT IN (SELECT content_key FROM documents)");
            var unused = new List<string>();
            using (
                var rows = database.Prepare("SELECT file FROM segments WHERE id NOT IN (SELECT segment_id FROM states)")
            )
            {
                while (rows.Step())
                {
                    unused.Add(Path.Combine(datastore.SegmentsFolder, rows.Text(0)));
                }
            }

            database.Execute("DELETE FROM segments WHERE id NOT IN (SELECT segment_id FROM states)");
            return unused;
        });
        files.ForEach(SegmentFolder.TryDelete);
    }
}
