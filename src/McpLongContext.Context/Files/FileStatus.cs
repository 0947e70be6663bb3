using System.Runtime.InteropServices;
using System.Text;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Files;

/// <summary>Takes the stamps of files: one system call each where there is <c>statx(2)</c>, no content.</summary>
internal static class FileStatus
{
    /// <summary>
    /// The coarsest clock that file systems with fractions of a second stamp by, twice: two writes within it may leave
    /// the same stamp.
    /// </summary>
    private static readonly long s_fineGrain = TimeSpan.FromMilliseconds(25).Ticks;

    /// <summary>The same for file systems that keep whole seconds, or pairs of them.</summary>
    private static readonly long s_coarseGrain = TimeSpan.FromSeconds(2).Ticks;

    /// <summary>The stamp of a path; links are not followed.</summary>
    public static FileStamp Of(string path) => OperatingSystem.IsLinux() ? OfLinux(Bytes(path)) : OfInfo(path);

    /// <summary>The stamp of a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="bytes">The result of <see cref="Bytes"/> for it.</param>
    public static FileStamp Of(string path, byte[] bytes) => OperatingSystem.IsLinux() ? OfLinux(bytes) : OfInfo(path);

    /// <summary>The path as the system takes it: UTF-8, closed by a zero.</summary>
    public static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');

    /// <summary>
    /// The stamp of a path that is about to be read. Where the file was changed so recently that a further change could
    /// leave the same stamp, it is not settled: it equals no later one.
    /// </summary>
    public static FileStamp BeforeReading(string path)
    {
        var stamp = Of(path, Bytes(path), out var changed);
        var grain = changed % TimeSpan.TicksPerSecond == 0 ? s_coarseGrain : s_fineGrain;
        return TimeProvider.System.GetUtcNow().Ticks - changed > grain ? stamp : stamp with { Identity = 0 };
    }

    private static FileStamp OfLinux(byte[] path) => OfLinux(path, out _);

    private static FileStamp Of(string path, byte[] bytes, out long changed)
    {
        if (OperatingSystem.IsLinux())
        {
            return OfLinux(bytes, out changed);
        }

        var stamp = OfInfo(path);
        changed = (stamp.Modified / 100) + DateTime.UnixEpoch.Ticks;
        return stamp;
    }

    /// <summary>The stamp, and when the entry was changed last, in ticks.</summary>
    private static FileStamp OfLinux(byte[] path, out long changed)
    {
        const int CurrentDirectory = -100;
        const int NoFollow = 0x100;
        const uint TypeInodeSizeTimes = 0x1 | 0x40 | 0x80 | 0x100 | 0x200;
        changed = 0;
        if (statx(CurrentDirectory, path, NoFollow, TypeInodeSizeTimes, out var status) != 0)
        {
            return FileStamp.Missing;
        }

        changed = status.ChangedSeconds * TimeSpan.TicksPerSecond + (status.ChangedNanoseconds / 100);
        changed += DateTime.UnixEpoch.Ticks;
        const ushort TypeMask = 0xF000;
        const ushort DirectoryType = 0x4000;
        var isDirectory = (status.Mode & TypeMask) == DirectoryType;
        var modified = (status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds;
        // Of a directory, a change of its attributes says nothing about its entries.
        var identity = isDirectory
            ? HashOf(status.Inode, 0)
            : HashOf(status.Inode, (status.ChangedSeconds * 1_000_000_000) + status.ChangedNanoseconds);
        return new FileStamp(isDirectory ? 0 : (long)status.Size, modified, identity);
    }

    private static FileStamp OfInfo(string path)
    {
        var info = new FileInfo(path);
        if (info.Exists)
        {
            return new FileStamp(
                info.Length,
                Nanoseconds(info.LastWriteTimeUtc),
                HashOf(0, info.CreationTimeUtc.Ticks)
            );
        }

        var directory = new DirectoryInfo(path);
        return directory.Exists
            ? new FileStamp(0, Nanoseconds(directory.LastWriteTimeUtc), HashOf(0, directory.CreationTimeUtc.Ticks))
            : FileStamp.Missing;
    }

    private static long Nanoseconds(DateTime time) => (time.Ticks - DateTime.UnixEpoch.Ticks) * 100;

    /// <summary>Never 0, which marks what is not settled.</summary>
    private static long HashOf(ulong inode, long changed) =>
        (long)((inode * 0x9E3779B97F4A7C15) ^ (ulong)changed * 0xC2B2AE3D27D4EB4F) | 1;

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int directory, byte[] path, int flags, uint mask, out Status status);

    /// <summary><c>struct statx</c>, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;
    }
}
