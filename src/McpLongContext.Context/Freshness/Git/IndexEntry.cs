using System.Buffers.Binary;
using System.Text;

namespace McpLongContext.Context.Freshness.Git;

/// <summary>An entry of a Git index.</summary>
internal sealed class IndexEntry
{
    private const int StatBytes = 40;
    private const uint TypeMask = 0xF000;
    private const uint Link = 0xA000;
    private const uint Submodule = 0xE000;
    private const uint Folder = 0x4000;

    /// <summary>Reads an entry.</summary>
    /// <param name="head">The bytes before its path.</param>
    /// <param name="path">The path in the working tree, with slashes, UTF-8.</param>
    /// <param name="root">The root of the working tree.</param>
    /// <param name="hashBytes">The length of an object name.</param>
    public IndexEntry(ReadOnlySpan<byte> head, ReadOnlySpan<byte> path, string root, int hashBytes)
    {
        const ushort Assumed = 0x8000;
        const ushort Extended = 0x4000;
        const ushort Skipped = 0x4000;
        const ushort Intended = 0x2000;
        File = Path.Join(root, Encoding.UTF8.GetString(path));
        Modified = (Number(head, 2) * 1_000_000_000L) + Number(head, 3);
        Mode = Number(head, 6);
        Size = Number(head, 9);
        Name = head.Slice(StatBytes, hashBytes).ToArray();
        var flags = BinaryPrimitives.ReadUInt16BigEndian(head[(StatBytes + hashBytes)..]);
        var more =
            (flags & Extended) == 0 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(head[(StatBytes + hashBytes + 2)..]);
        Stage = (flags >> 12) & 3;
        IsAssumed = (flags & Assumed) != 0 || (more & Skipped) != 0;
        IsIntended = (more & Intended) != 0;
    }

    /// <summary>The absolute path.</summary>
    public string File { get; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long Modified { get; }

    public uint Mode { get; }

    public uint Size { get; }

    /// <summary>The object name.</summary>
    public byte[] Name { get; }

    /// <summary>The stage of a merge; 0 outside conflicts.</summary>
    public int Stage { get; }

    /// <summary>Whether the file counts as unchanged: so marked, or not checked out.</summary>
    public bool IsAssumed { get; }

    /// <summary>Whether the file is only announced by <c>git add --intent-to-add</c>.</summary>
    public bool IsIntended { get; }

    public bool IsLink => (Mode & TypeMask) == Link;

    public bool IsSubmodule => (Mode & TypeMask) == Submodule;

    /// <summary>Whether the entry is a folder of a sparse index.</summary>
    public bool IsFolder => (Mode & TypeMask) == Folder;

    /// <summary>Whether a time is that of the entry, which may have whole seconds only.</summary>
    /// <param name="time">Nanoseconds since 1970.</param>
    public bool IsModified(long time) =>
        Modified % 1_000_000_000 == 0 ? time / 1_000_000_000 == Modified / 1_000_000_000 : time == Modified;

    private static uint Number(ReadOnlySpan<byte> head, int index) =>
        BinaryPrimitives.ReadUInt32BigEndian(head[(4 * index)..]);
}
