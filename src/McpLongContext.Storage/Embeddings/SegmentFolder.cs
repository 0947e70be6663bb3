using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Embeddings;

/// <summary>The folder of a datastore's segment files, and those in it that no transaction refers to.</summary>
internal static class SegmentFolder
{
    /// <summary>A file that nobody refers to may be on its way to be published; after this time it is not.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromHours(1);

    /// <summary>Removes what crashed writers and retired segments have left behind.</summary>
    public static void RemoveOrphans(Database database, string folder, TimeProvider time)
    {
        if (Orphans(database, folder, time).Count > 0)
        {
            // Publishing checks in a write transaction that its file is there, so this cannot take it away between.
            database.Write(() => Orphans(database, folder, time).ForEach(TryDelete));
        }
    }

    /// <summary>Removes a file unless somebody has it open where the platform minds; then it is an orphan.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is looked at again whenever the datastore is opened.
        }
    }

    private static List<string> Orphans(Database database, string folder, TimeProvider time)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        var youngest = (time.GetUtcNow() - s_grace).UtcDateTime;
        var old = Directory.GetFiles(folder).Where(file => File.GetLastWriteTimeUtc(file) < youngest).ToList();
        if (old.Count == 0)
        {
            return [];
        }

        var known = new HashSet<string>(StringComparer.Ordinal);
        using var rows = database.Prepare("SELECT file FROM segments UNION ALL SELECT file FROM memories");
        while (rows.Step())
        {
            known.Add(rows.Text(0));
        }

        return old.Where(file => !known.Contains(Path.GetFileName(file))).ToList();
    }
}
