using System.Security.Cryptography;
using System.Text;

namespace McpLongContext.Context.Freshness.Git;

/// <summary>The name of the tree that a commit of the index would have, computed without writing it.</summary>
internal sealed class GitTree(HashAlgorithmName algorithm)
{
    private readonly List<(string Name, byte[] Entry)> _entries = [];
    private readonly Dictionary<string, GitTree> _folders = new(StringComparer.Ordinal);

    /// <summary>Adds a file of the index.</summary>
    /// <param name="path">The path, with slashes; every byte a character, so that their order is that of Git.</param>
    /// <param name="mode">The file mode.</param>
    /// <param name="name">The object name.</param>
    public void Add(ReadOnlySpan<char> path, uint mode, ReadOnlySpan<byte> name)
    {
        var slash = path.IndexOf('/');
        // A sparse index has whole folders, whose paths end with a slash.
        if (slash < 0 || slash == path.Length - 1)
        {
            var file = path.TrimEnd('/').ToString();
            _entries.Add((slash < 0 ? file : file + '/', Entry(file, mode, name)));
            return;
        }

        var folder = path[..slash].ToString();
        if (!_folders.TryGetValue(folder, out var tree))
        {
            _folders.Add(folder, tree = new GitTree(algorithm));
        }

        tree.Add(path[(slash + 1)..], mode, name);
    }

    /// <summary>The object name of the tree.</summary>
    public byte[] Name()
    {
        const uint Folder = 0x4000;
        var entries = _entries
            .Concat(
                _folders.Select(folder =>
                    (Name: folder.Key + '/', Entry: Entry(folder.Key, Folder, folder.Value.Name()))
                )
            )
            .OrderBy(entry => entry.Name, StringComparer.Ordinal)
            .SelectMany(entry => entry.Entry)
            .ToArray();
        using var hash = IncrementalHash.CreateHash(algorithm);
        hash.AppendData(Encoding.ASCII.GetBytes($"tree {entries.Length}\0"));
        hash.AppendData(entries);
        return hash.GetHashAndReset();
    }

    private static byte[] Entry(string file, uint mode, ReadOnlySpan<byte> name) =>
        [.. Encoding.Latin1.GetBytes($"{Convert.ToString(mode, 8)} {file}\0"), .. name];
}
