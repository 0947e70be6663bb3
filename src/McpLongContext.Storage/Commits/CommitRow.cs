using System.Text;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Commits;

/// <summary>A commit as a row of the database, with a checksum over all of it.</summary>
internal static class CommitRow
{
    public const string Columns =
        "c.hash, c.date, c.zone, c.committed, c.author, c.subject, c.body, c.files, c.file_count";

    private const char Separator = '\0';

    /// <summary>Binds a commit to the parameters from <paramref name="first"/> on: the columns, then the checksum.</summary>
    public static void Bind(Statement statement, int first, Commit commit)
    {
        var files = FilesOf(commit);
        var zone = (long)commit.Date.Offset.TotalMinutes;
        var seconds = commit.Date.ToUnixTimeSeconds();
        statement
            .Bind(first, commit.Hash)
            .Bind(first + 1, seconds)
            .Bind(first + 2, zone)
            .Bind(first + 3, commit.Committed)
            .Bind(first + 4, commit.Author)
            .Bind(first + 5, commit.Subject)
            .Bind(first + 6, commit.Body)
            .BindBlob(first + 7, files)
            .Bind(first + 8, commit.FileCount)
            .Bind(first + 9, Checksum(commit, seconds, zone, files));
    }

    /// <summary>Reads the commit of a row; <see langword="null"/>: the row is damaged.</summary>
    /// <param name="row">Has <see cref="Columns"/>, then the checksum.</param>
    /// <param name="first">The first of its columns.</param>
    public static Commit? Read(Statement row, int first)
    {
        var (seconds, zone) = (row.Int64(first + 1), row.Int64(first + 2));
        var files = row.Bytes(first + 7).ToArray();
        if (!IsDate(seconds, zone))
        {
            return null;
        }

        var commit = new Commit
        {
            Hash = row.Text(first),
            Date = DateTimeOffset.FromUnixTimeSeconds(seconds).ToOffset(TimeSpan.FromMinutes(zone)),
            Committed = row.Int64(first + 3),
            Author = row.Text(first + 4),
            Subject = row.Text(first + 5),
            Body = row.Text(first + 6),
            Files =
            [
                .. Encoding
                    .UTF8.GetString(files)
                    .Split(Separator, StringSplitOptions.RemoveEmptyEntries)
                    .Select(file => new CommitFile(file[0], file[1..])),
            ],
            FileCount = row.Int32(first + 8),
        };
        return Checksum(commit, seconds, zone, files) == row.Int64(first + 9) ? commit : null;
    }

    private static byte[] FilesOf(Commit commit) =>
        Encoding.UTF8.GetBytes(string.Join(Separator, commit.Files.Select(file => $"{file.Status}{file.Path}")));

    private static bool IsDate(long seconds, long zone) =>
        seconds >= DateTimeOffset.MinValue.AddDays(1).ToUnixTimeSeconds()
        && seconds <= DateTimeOffset.MaxValue.AddDays(-1).ToUnixTimeSeconds()
        && Math.Abs(zone) <= 14 * 60;

    private static uint Checksum(Commit commit, long seconds, long zone, ReadOnlySpan<byte> files)
    {
        var state = Crc32C.Update(uint.MaxValue, seconds);
        state = Crc32C.Update(state, zone);
        state = Crc32C.Update(state, commit.Committed);
        state = Crc32C.Update(state, commit.FileCount);
        foreach (var text in (string[])[commit.Hash, commit.Author, commit.Subject, commit.Body])
        {
            state = Crc32C.Update(state, text.Length);
            state = Crc32C.Update(state, Encoding.UTF8.GetBytes(text));
        }

        return ~Crc32C.Update(state, files);
    }
}
