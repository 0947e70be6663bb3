using System.Runtime.CompilerServices;

namespace McpLongContext.Kernels.Buffers;

/// <summary>
/// Zeroed, pinned managed memory that begins at a cache line, so that no vector of 64 bytes straddles two lines.
/// </summary>
internal sealed unsafe class AlignedArray<T>
    where T : unmanaged
{
    private const int CacheLine = 64;

    private readonly T[] _memory;
    private readonly int _offset;

    public AlignedArray(long length)
    {
        var padding = CacheLine / sizeof(T);
        _memory = GC.AllocateArray<T>(checked((int)(length + padding)), pinned: true);
        var address = (nint)Unsafe.AsPointer(ref _memory[0]);
        _offset = (int)((CacheLine - (address % CacheLine)) % CacheLine) / sizeof(T);
        Length = (int)length;
    }

    public int Length { get; }

    public Span<T> Span => _memory.AsSpan(_offset, Length);

    /// <summary>The first element. Valid as long as this object is reachable.</summary>
    public T* Pointer => (T*)Unsafe.AsPointer(ref _memory[_offset]);
}
