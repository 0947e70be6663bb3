using System.Buffers.Binary;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// A mapped file of checksummed pages, as <see cref="SegmentFile"/> writes it. A page is verified the first time that
/// something on it is read in this process, which costs as much as reading it (about 10 GB/s) and only once.
/// Thread-safe.
/// </summary>
internal sealed class SegmentPages : IDisposable
{
    public const int PageBytes = 1 << 16;
    public const int TrailerBytes = 16;

    private const int Alignment = 64;

    private readonly MappedFile _file;

    /// <summary>A bit a page: verified.</summary>
    private readonly int[] _verified;

    private SegmentPages(string path, MappedFile file)
    {
        Path = path;
        _file = file;
        // All but the trailer is pages, each with its checksum; the last page may be short.
        Pages = (int)((file.Length - TrailerBytes + PageBytes + sizeof(uint) - 1) / (PageBytes + sizeof(uint)));
        BodyBytes = file.Length - TrailerBytes - ((long)Pages * sizeof(uint));
        _verified = new int[(Pages + 31) / 32];
    }

    public string Path { get; }

    /// <summary>The bytes that the pages hold, padding included.</summary>
    public long BodyBytes { get; }

    private int Pages { get; }

    /// <summary>Maps a file whose body begins with <paramref name="magic"/>, and verifies its trailer.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public static SegmentPages Open(string path, ReadOnlySpan<byte> magic)
    {
        SegmentPages? pages = null;
        try
        {
            pages = new SegmentPages(path, MappedFile.Open(path));
            pages.RequireFrame(magic);
            return pages;
        }
        catch (Exception e) when (e is not FileNotFoundException)
        {
            pages?.Dispose();
            throw e is IOException or UnauthorizedAccessException
                ? new DatastoreException($"The segment '{path}' cannot be read: {e.Message}", e)
                : e;
        }
    }

    /// <summary>The next position at which a section may begin.</summary>
    public static long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;

    /// <summary>The length of a file with a body of so many bytes, padding included.</summary>
    public static long FileBytes(long bodyBytes) =>
        bodyBytes + ((bodyBytes + PageBytes - 1) / PageBytes * sizeof(uint)) + TrailerBytes;

    /// <summary>The exception for a damaged file.</summary>
    public static DatastoreCorruptException Damaged(string path, string how) =>
        new($"The segment '{path}' is damaged: {how}. Verify the datastore with repair; what it held is made again.");

    /// <summary>The first bytes as they are, not verified: to tell a newer format from damage.</summary>
    public ReadOnlySpan<byte> Header(int length) =>
        length <= BodyBytes ? Bytes(0, length) : throw Damaged(Path, $"it has {_file.Length} bytes only");

    /// <summary>Bytes of the body, verified.</summary>
    /// <exception cref="DatastoreCorruptException">The bytes are damaged.</exception>
    public ReadOnlySpan<byte> Read(long offset, int length)
    {
        Verify(offset, offset + length);
        return Bytes(offset, length);
    }

    /// <summary>Verifies the pages that hold the bytes, those that have not been yet.</summary>
    /// <exception cref="DatastoreCorruptException">One is damaged.</exception>
    public void Verify(long first, long end)
    {
        for (var page = (int)(first / PageBytes); (long)page * PageBytes < end; page++)
        {
            if ((Volatile.Read(ref _verified[page / 32]) & 1 << page % 32) != 0)
            {
                continue;
            }

            if (!IsWhole(page))
            {
                throw Damaged(Path, $"the checksum of page {page} of {Pages} does not match");
            }

            Interlocked.Or(ref _verified[page / 32], 1 << page % 32);
        }
    }

    /// <summary>The ranges of bytes whose pages are damaged; reads the whole file.</summary>
    public IEnumerable<(long First, long End)> DamagedPages()
    {
        for (var page = 0; page < Pages; page++)
        {
            if (!IsWhole(page))
            {
                var first = (long)page * PageBytes;
                yield return (first, Math.Min(first + PageBytes, BodyBytes));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private ReadOnlySpan<byte> Bytes(long offset, int length) => _file.Span(offset, length);

    private bool IsWhole(int page)
    {
        var first = (long)page * PageBytes;
        var length = (int)Math.Min(PageBytes, BodyBytes - first);
        var stored = Bytes(BodyBytes + ((long)page * sizeof(uint)), sizeof(uint));
        return Crc32C.Of(Bytes(first, length)) == BinaryPrimitives.ReadUInt32LittleEndian(stored);
    }

    private void RequireFrame(ReadOnlySpan<byte> magic)
    {
        if (!Header(magic.Length).SequenceEqual(magic))
        {
            throw new DatastoreCorruptException($"The segment '{Path}' does not begin with its magic.");
        }

        var checksums = Bytes(BodyBytes, Pages * sizeof(uint));
        var trailer = Bytes(_file.Length - TrailerBytes, TrailerBytes);
        if (
            FileBytes(BodyBytes) != _file.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer) != Crc32C.Of(checksums)
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != 0
            || !trailer[8..].SequenceEqual(magic)
        )
        {
            throw Damaged(Path, "its trailer does not match");
        }
    }
}
