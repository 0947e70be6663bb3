using System.IO.Compression;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Backups;

/// <summary>
/// A datastore as one file: a ZIP archive with the database, copied as of one instant, and the segments that belong to
/// it. The archive has checksums, and so have the passages and pages in it.
/// <code>
/// mcp-long-context.backup   the version of the format: 1
/// datastore.db              the database
/// states/*.seg              the segments
/// </code>
/// </summary>
public static class DatastoreBackup
{
    private const string Mark = "mcp-long-context.backup";
    private const string Version = "1";
    private const string Segments = "states";

    /// <summary>How often the database is copied anew when a compaction retires its segments meanwhile.</summary>
    private const int Attempts = 4;

    /// <summary>Writes a datastore into a file, which is whole afterwards or not there. Others go on writing meanwhile.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="file">The file, replaced when there is one.</param>
    /// <param name="cancellation">Ends it between two segments; then there is no file.</param>
    /// <exception cref="DatastoreException">The datastore cannot be read, or the file cannot be written.</exception>
    public static void Write(Datastore datastore, string file, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(datastore);
        var draft = file + ".draft";
        try
        {
            for (var attempt = 1; !TryWrite(datastore, draft, cancellation); attempt++)
            {
                if (attempt == Attempts)
                {
                    throw new DatastoreException(
                        $"The datastore '{datastore.Name}' lacks segments. Run 'mcp-long-context datastores verify "
                            + $"{datastore.Name} --repair', or try again later."
                    );
                }
            }

            File.Move(draft, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatastoreException(
                $"The backup '{file}' cannot be written: {e.Message} Name a file in a writable folder with free space.",
                e
            );
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>Makes a datastore of a backup; it is whole afterwards or not there.</summary>
    /// <param name="file">The backup.</param>
    /// <param name="home">Gets the datastore.</param>
    /// <param name="name">The name of the new datastore.</param>
    /// <exception cref="DatastoreException">The file is no backup or damaged, or the name is taken.</exception>
    public static void Restore(string file, DatastoreHome home, string name)
    {
        ArgumentNullException.ThrowIfNull(home);
        try
        {
            home.Restore(name, folder => Extract(file, folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new DatastoreException(
                $"The backup '{file}' cannot be restored: {e.Message} Name a file that 'datastores backup' or 'pull' has "
                    + "written, and see that the disk has room.",
                e
            );
        }
    }

    private static bool TryWrite(Datastore datastore, string draft, CancellationToken cancellation)
    {
        var copy = draft + ".db";
        try
        {
            File.Delete(copy);
            datastore.CopyDatabase(copy);
            var files = SegmentsOf(copy);
            using var stream = new FileStream(draft, FileMode.Create);
            using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            {
                using (var mark = new StreamWriter(archive.CreateEntry(Mark).Open()))
                {
                    mark.Write(Version);
                }

                archive.CreateEntryFromFile(copy, "datastore.db", CompressionLevel.Fastest);
                foreach (var file in files)
                {
                    cancellation.ThrowIfCancellationRequested();
                    // Codes are as good as random: they are stored as they are.
                    archive.CreateEntryFromFile(
                        Path.Combine(datastore.SegmentsFolder, file),
                        $"{Segments}/{file}",
                        CompressionLevel.NoCompression
                    );
                }
            }

            stream.Flush(flushToDisk: true);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static List<string> SegmentsOf(string database)
    {
        using var copy = Database.Open(database, create: false);
        // The archive takes one file: what opening it has logged is moved into it.
        copy.Execute("PRAGMA journal_mode = DELETE");
        var files = new List<string>();
        using var rows = copy.Prepare("SELECT file FROM segments ORDER BY id");
        while (rows.Step())
        {
            files.Add(rows.Text(0));
        }

        return files;
    }

    private static void Extract(string file, string folder)
    {
        using var archive = ZipFile.OpenRead(file);
        using (var mark = new StreamReader((archive.GetEntry(Mark) ?? throw NoBackup()).Open()))
        {
            if (mark.ReadToEnd() != Version)
            {
                throw new InvalidDataException("it was written by a newer program; update this one.");
            }
        }

        foreach (var entry in archive.Entries.Where(entry => entry.FullName != Mark))
        {
            var path = Path.Combine(folder, PathOf(entry));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var source = entry.Open();
            using var target = new FileStream(path, FileMode.CreateNew);
            source.CopyTo(target);
            target.Flush(flushToDisk: true);
        }
    }

    /// <summary>The place of an entry; none but those of a backup have one.</summary>
    private static string PathOf(ZipArchiveEntry entry) =>
        entry.FullName == "datastore.db" ? entry.FullName
        : entry.FullName == $"{Segments}/{entry.Name}"
        && entry.Name.EndsWith(".seg", StringComparison.Ordinal)
        && entry.Name.AsSpan().IndexOfAny('/', '\\', ':') < 0
            ? Path.Combine(Segments, entry.Name)
        : throw NoBackup();

    private static InvalidDataException NoBackup() => new("it is no backup of a datastore.");
}
