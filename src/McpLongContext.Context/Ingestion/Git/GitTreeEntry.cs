using System.Text;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>An entry of a tree object: <c>100644 name</c>, a zero byte, and the object name.</summary>
internal readonly ref struct GitTreeEntry
{
    private const int FolderMode = 0x4000;
    private const int TypeMask = 0xF000;
    private const int MaxModeDigits = 7;

    private GitTreeEntry(int mode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> id)
    {
        Mode = mode;
        Name = name;
        Id = id;
    }

    public int Mode { get; }

    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The object name, in bytes.</summary>
    public ReadOnlySpan<byte> Id { get; }

    public bool IsFolder => (Mode & TypeMask) == FolderMode;

    /// <summary>Whether both are of the same type: a file, a link, a submodule or a folder.</summary>
    public bool IsOfTypeOf(GitTreeEntry other) => (Mode & TypeMask) == (other.Mode & TypeMask);

    public string NameText => Encoding.UTF8.GetString(Name);

    public string IdText => Convert.ToHexStringLower(Id);

    /// <summary>Takes the first entry off a tree; <see langword="false"/> at its end.</summary>
    /// <exception cref="InvalidDataException">The tree is damaged.</exception>
    public static bool TryTake(ref ReadOnlySpan<byte> tree, int hashBytes, out GitTreeEntry entry)
    {
        entry = default;
        if (tree.IsEmpty)
        {
            return false;
        }

        var space = tree[..Math.Min(tree.Length, MaxModeDigits)].IndexOf((byte)' ');
        var end = tree.IndexOf((byte)0);
        if (space <= 0 || end <= space + 1 || tree.Length - end - 1 < hashBytes)
        {
            throw new InvalidDataException("A tree is damaged.");
        }

        var mode = 0;
        foreach (var digit in tree[..space])
        {
            mode = (mode * 8) + (digit - '0');
        }

        entry = new GitTreeEntry(mode, tree[(space + 1)..end], tree.Slice(end + 1, hashBytes));
        tree = tree[(end + 1 + hashBytes)..];
        return true;
    }

    /// <summary>The order of entries in a tree, in which the name of a folder ends with a slash.</summary>
    public int OrderTo(GitTreeEntry other)
    {
        var shared = Math.Min(Name.Length, other.Name.Length);
        var order = Name[..shared].SequenceCompareTo(other.Name[..shared]);
        return order != 0 ? order : NextOf(this, shared) - NextOf(other, shared);
    }

    private static int NextOf(GitTreeEntry entry, int at) =>
        at < entry.Name.Length ? entry.Name[at]
        : entry.IsFolder ? '/'
        : 0;
}
