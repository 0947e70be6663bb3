using System.IO.MemoryMappedFiles;

namespace McpLongContext.Kernels.Buffers;

/// <summary>
/// A file mapped into RAM for reading. Its owner keeps it alive while spans of it are in use: after disposal they
/// point to unmapped memory. A file that is truncated while it is mapped ends the process, so map only files that are
/// never rewritten in place.
/// </summary>
public sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private MappedFile(MemoryMappedFile file, long length)
    {
        _file = file;
        _view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        Length = length;
    }

    /// <summary>The length of the file in bytes.</summary>
    public long Length { get; }

    /// <summary>Maps a whole file. Others may delete it meanwhile where the platform allows that.</summary>
    /// <exception cref="IOException">The file is missing, empty or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading is not allowed.</exception>
    public static MappedFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        try
        {
            var length = stream.Length;
            if (length == 0)
            {
                throw new IOException($"'{path}' is empty.");
            }

            var file = MemoryMappedFile.CreateFromFile(
                stream,
                null,
                0,
                MemoryMappedFileAccess.Read,
                HandleInheritability.None,
                leaveOpen: false
            );
            return new MappedFile(file, length);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bytes are not all inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The file was unmapped.</exception>
    public ReadOnlySpan<byte> Span(long offset, int length) => new(Pointer(offset, length), length);

    /// <summary>Where the bytes from <paramref name="offset"/> on are.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bytes are not all inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The file was unmapped.</exception>
    internal byte* Pointer(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return _start + offset;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
