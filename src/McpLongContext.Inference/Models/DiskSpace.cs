namespace McpLongContext.Inference.Models;

internal static class DiskSpace
{
    /// <summary>Whether an operation failed because the disk or the user's quota is full.</summary>
    public static bool IsExhausted(IOException exception) =>
        OperatingSystem.IsWindows()
            ? (exception.HResult & 0xFFFF) is 0x27 or 0x70 // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
            : exception.HResult is 28 or 69 or 122; // ENOSPC, and EDQUOT of macOS and Linux

    /// <summary>Fails before the first byte when a model cannot fit.</summary>
    /// <exception cref="ModelException">The volume of the folder has less free space.</exception>
    public static void Require(long bytes, string folder)
    {
        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (free < bytes)
        {
            throw Full(folder, $"{Megabytes(bytes)} MB are needed and {Megabytes(free)} MB are free");
        }
    }

    public static ModelException Full(string folder, string reason, Exception? inner = null)
    {
        var message =
            $"The disk of {folder} is full: {reason}. Free some space, or set {LongContextHome.Variable} to a folder "
            + "on another disk. Nothing was installed.";
        return inner is null ? new ModelException(message) : new ModelException(message, inner);
    }

    private static long Megabytes(long bytes) => (bytes + 999_999) / 1_000_000;
}
