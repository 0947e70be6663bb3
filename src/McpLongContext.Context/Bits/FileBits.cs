using System.Globalization;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Bits;

/// <summary>The bytes of a file beneath the allowed roots, read where they lie.</summary>
internal sealed class FileBits : IBitSource
{
    private readonly FileStream _file;

    /// <summary>Opens a file.</summary>
    /// <exception cref="ContextException">The file cannot be read, or is empty.</exception>
    public FileBits(AllowedRoots roots, string path)
    {
        Path = path;
        var resolved = roots.Resolve(path, "file");
        try
        {
            if (Directory.Exists(resolved))
            {
                throw new ContextException($"file: '{path}' is a directory; name a file in it.");
            }

            _file = roots.OpenRead(resolved);
            Length = _file.Length;
            Key = string.Create(
                CultureInfo.InvariantCulture,
                $"{resolved} {Length} {File.GetLastWriteTimeUtc(_file.SafeFileHandle).Ticks}"
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ContextException($"file: '{path}' cannot be read: {error.Message}", error);
        }

        if (Length == 0)
        {
            _file.Dispose();
            throw new ContextException($"file: '{path}' is empty; there is nothing to predict.");
        }
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public string Key { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var read = RandomAccess.Read(_file.SafeFileHandle, bytes, offset);
                if (read == 0)
                {
                    throw new ContextException($"file: '{Path}' became shorter while it was read; try again.");
                }

                bytes = bytes[read..];
                offset += read;
            }
        }
        catch (IOException error)
        {
            throw new ContextException($"file: '{Path}' cannot be read: {error.Message}", error);
        }
    }

    public void Dispose() => _file.Dispose();
}
