namespace McpLongContext.Context.Datastores;

/// <summary>
/// Files that go with the work that makes them: on the disk of the home, which has room for datastores, and readable by
/// their owner alone.
/// </summary>
internal static class ScratchFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>No work takes longer: older files are those of a process that was killed.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <summary>A path of a new file or folder; what killed processes left is removed.</summary>
    /// <param name="home">The home folder.</param>
    /// <param name="time">The clock.</param>
    public static string NewPath(string home, TimeProvider time)
    {
        var folder = FolderOf(home);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }

        Clear(home, time.GetUtcNow() - s_longest);
        return Path.Combine(folder, $"{Guid.NewGuid():N}");
    }

    /// <summary>Removes what was left before an instant.</summary>
    /// <param name="home">The home folder.</param>
    /// <param name="before">The instant.</param>
    public static void Clear(string home, DateTimeOffset before)
    {
        var folder = new DirectoryInfo(FolderOf(home));
        foreach (var left in folder.Exists ? folder.EnumerateFileSystemInfos() : [])
        {
            if (left.LastWriteTimeUtc >= before.UtcDateTime)
            {
                continue;
            }

            try
            {
                if (left is DirectoryInfo tree)
                {
                    tree.Delete(recursive: true);
                }
                else
                {
                    left.Delete();
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another process is at it.
            }
        }
    }

    private static string FolderOf(string home) => Path.Combine(home, "temporary", "scratch");
}
