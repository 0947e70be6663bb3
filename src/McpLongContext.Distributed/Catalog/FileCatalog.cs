using System.Text.Json;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Distributed.Catalog;

/// <summary>A catalog in files: for the silos of one machine.</summary>
/// <param name="folder">The folder of the files, which all silos share.</param>
internal sealed class FileCatalog(string folder) : ICatalog
{
    private const string Extension = ".json";

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<string>>(
            Directory.Exists(folder)
                ?
                [
                    .. Directory
                        .EnumerateFiles(folder, "*" + Extension)
                        .Select(file => Path.GetFileNameWithoutExtension(file))
                        .Order(StringComparer.Ordinal),
                ]
                : []
        );

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DatastoreLayout>> ListLayoutsAsync(CancellationToken cancellation)
    {
        var layouts = new List<DatastoreLayout>();
        foreach (var name in await ListAsync(cancellation))
        {
            if (await FindAsync(name, cancellation) is { } layout)
            {
                layouts.Add(layout);
            }
        }

        return layouts;
    }

    /// <inheritdoc/>
    public async Task<DatastoreLayout?> FindAsync(string name, CancellationToken cancellation)
    {
        var file = FileOf(name);
        return File.Exists(file)
            ? JsonSerializer.Deserialize<DatastoreLayout>(await File.ReadAllBytesAsync(file, cancellation))
            : null;
    }

    /// <inheritdoc/>
    public async Task<bool> TryStoreAsync(DatastoreLayout layout, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        using var exclusive = await LockAsync(cancellation);
        var before = await FindAsync(layout.Name, cancellation);
        if ((before?.Version ?? 0) != layout.Version - 1)
        {
            return false;
        }

        var draft = FileOf(layout.Name) + ".draft";
        await using (var stream = new FileStream(draft, FileMode.Create))
        {
            await JsonSerializer.SerializeAsync(stream, layout, cancellationToken: cancellation);
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, FileOf(layout.Name), overwrite: true);
        DurableFolder.Flush(folder);
        return true;
    }

    private string FileOf(string name) => Path.Combine(folder, name + Extension);

    private async Task<IDisposable> LockAsync(CancellationToken cancellation)
    {
        var path = Path.Combine(folder, "catalog.lock");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(s_retry, cancellation);
            }
        }
    }
}
