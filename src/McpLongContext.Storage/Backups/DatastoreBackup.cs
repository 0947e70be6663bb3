using System.IO.Compression;
using System.Security.Cryptography;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Backups;

/// <summary>
/// A datastore as one file: a ZIP archive with the database, copied as of one instant, and the segments that belong to
/// it.
/// <code>
/// datastore.db              the database
/// *.seg                     the segments, in the folder that they have in a datastore
/// mcp-long-context.backup   a line with the version of the format, 1, and one with SHA-256 and name of each entry
/// </code>
/// </summary>
public static class DatastoreBackup
{
    private const string Mark = "mcp-long-context.backup";
    private const string Version = "1";
    private const string DatabaseEntry = "datastore.db";
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
                List<string> lines = [Version, Add(archive, copy, DatabaseEntry, CompressionLevel.Fastest)];
                foreach (var file in files)
                {
                    cancellation.ThrowIfCancellationRequested();
                    // Codes are as good as random: they are stored as they are.
                    var path = Path.Combine(datastore.SegmentsFolder, file);
                    lines.Add(Add(archive, path, $"{Segments}/{file}", CompressionLevel.NoCompression));
                }

                using var mark = new StreamWriter(archive.CreateEntry(Mark).Open());
                mark.Write(string.Join('\n', lines));
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

    /// <summary>Adds a file to an archive; returns the line about it.</summary>
    private static string Add(ZipArchive archive, string path, string name, CompressionLevel level)
    {
        using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var target = archive.CreateEntry(name, level).Open();
        return LineOf(name, CopyHashed(source, target));
    }

    private static string LineOf(string name, byte[] hash) => $"{Convert.ToHexStringLower(hash)} {name}";

    private static byte[] CopyHashed(Stream source, Stream target)
    {
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(target, hash, CryptoStreamMode.Write, leaveOpen: true))
        {
            source.CopyTo(hashed);
        }

        return hash.Hash!;
    }

    private static void Extract(string file, string folder)
    {
        using var archive = ZipFile.OpenRead(file);
        var lines = LinesOf(archive);
        foreach (var entry in archive.Entries.Where(entry => entry.FullName != Mark))
        {
            var path = Path.Combine(folder, PathOf(entry));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var source = entry.Open();
            using var target = new FileStream(path, FileMode.CreateNew);
            if (!lines.Remove(LineOf(entry.FullName, CopyHashed(source, target))))
            {
                throw new InvalidDataException($"its entry {entry.FullName} is damaged.");
            }

            target.Flush(flushToDisk: true);
        }

        // A name in the database is a file of the archive and no path to anything else.
        var segments = archive.Entries.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        if (lines.Count > 0 || !SegmentsOf(Path.Combine(folder, DatabaseEntry)).TrueForAll(segments.Contains))
        {
            throw new InvalidDataException("it is not whole.");
        }
    }

    private static HashSet<string> LinesOf(ZipArchive archive)
    {
        using var mark = new StreamReader((archive.GetEntry(Mark) ?? throw NoBackup()).Open());
        var lines = mark.ReadToEnd().Split('\n');
        return lines[0] == Version
            ? lines[1..].ToHashSet(StringComparer.Ordinal)
            : throw new InvalidDataException("it was written by a newer program; update this one.");
    }

    /// <summary>The place of an entry; none but those of a backup have one.</summary>
    private static string PathOf(ZipArchiveEntry entry) =>
        entry.FullName == DatabaseEntry ? entry.FullName
        : entry.FullName == $"{Segments}/{entry.Name}"
        && entry.Name.EndsWith(".seg", StringComparison.Ordinal)
        && entry.Name.AsSpan().IndexOfAny('/', '\\', ':') < 0
            ? Path.Combine(Segments, entry.Name)
        : throw NoBackup();

    private static InvalidDataException NoBackup() => new("it is no backup of a datastore.");
}
