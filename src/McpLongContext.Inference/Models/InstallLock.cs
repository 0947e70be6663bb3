namespace McpLongContext.Inference.Models;

/// <summary>
/// The right to install or remove one model, exclusive among all processes: an open file that nobody else may open.
/// The operating system releases it when its process ends, however it ends. The file itself stays.
/// </summary>
internal sealed class InstallLock : IDisposable
{
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(200);

    private readonly FileStream _file;

    private InstallLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or returns null at once when another holder has it.</summary>
    public static InstallLock? TryAcquire(string path)
    {
        try
        {
            return new InstallLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && !DiskSpace.IsExhausted(e))
        {
            return null;
        }
    }

    /// <summary>Takes the lock, waiting for the other holder if there is one.</summary>
    public static async Task<InstallLock> AcquireAsync(
        string path,
        TimeProvider time,
        Action onWait,
        CancellationToken cancellation
    )
    {
        while (true)
        {
            if (TryAcquire(path) is { } acquired)
            {
                return acquired;
            }

            onWait();
            await Task.Delay(s_pollInterval, time, cancellation);
        }
    }

    public void Dispose() => _file.Dispose();
}
