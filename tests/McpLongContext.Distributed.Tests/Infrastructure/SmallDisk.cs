namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A file system of a few megabytes, on which the home of one silo is.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Filler => Path.Combine(_folder, "filler");

    /// <summary>Mounts it; skips the test where this process may not.</summary>
    public static async Task<SmallDisk> MountAsync()
    {
        var disk = new SmallDisk(Directory.CreateTempSubdirectory("small-disk-").FullName);
        var (code, output) = await Shell.TryRunAsync("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", disk._folder);
        Assert.SkipWhen(code != 0, $"No file system can be mounted: {output}");
        return disk;
    }

    /// <summary>Starts a silo, whose folder is on it or not.</summary>
    public Task<SiloProcess> StartAsync(bool isOnIt, string name, string home, string root, string[] options)
    {
        var folder = Path.Combine(home, "silos", name);
        if (isOnIt && !Path.Exists(folder))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
            Directory.CreateSymbolicLink(folder, _folder);
        }

        return SiloProcess.StartAsync(name, home, root, "127.0.0.1", options);
    }

    /// <summary>Leaves no room.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    /// <summary>Leaves room again.</summary>
    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        await Shell.RunAsync("umount", "-l", _folder);
        Directory.Delete(_folder);
    }
}
