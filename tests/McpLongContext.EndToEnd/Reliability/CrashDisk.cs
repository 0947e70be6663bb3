namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// A disk that loses its power: of what was not flushed, any part may be on it. Writes may be missing, torn at a sector,
/// and on the disk in another order than they were made. Changes of names are lost from the last one backwards, as a
/// journal loses them, down to the last one in a folder that was flushed; flushing a file makes its content durable, not
/// its name.
/// </summary>
internal sealed class CrashDisk
{
    private const int Sector = 512;

    private readonly Names _names = new();
    private readonly List<(DiskOperation Operation, Node? Node)> _nameChanges = [];
    private int _durableNames;

    /// <summary>Does an operation.</summary>
    public void Do(DiskOperation operation)
    {
        switch (operation)
        {
            case Written or Resized:
                if (_names.Find(operation.Path) is null)
                {
                    Do(new Created(operation.Path));
                }

                _names.Find(operation.Path)!.Pending.Add(operation);
                break;
            case Flushed when _names.Find(operation.Path) is { } node:
                node.Pending.ForEach(node.Apply);
                node.Pending.Clear();
                break;
            case Flushed:
                _durableNames = Math.Max(
                    _durableNames,
                    1 + _nameChanges.FindLastIndex(one => IsIn(one.Operation, operation.Path))
                );
                break;
            case Created when _names.Find(operation.Path) is not null:
                break;
            default:
                var change = (operation, operation is Created ? new Node() : null);
                _nameChanges.Add(change);
                _names.Change(change);
                break;
        }
    }

    /// <summary>Everything is on the disk.</summary>
    public void FlushAll()
    {
        foreach (var (_, node) in _names.Files)
        {
            node.Pending.ForEach(node.Apply);
            node.Pending.Clear();
        }

        _durableNames = _nameChanges.Count;
    }

    /// <summary>Writes what may be on the disk after the power has failed now.</summary>
    /// <param name="from">The folder that was recorded.</param>
    /// <param name="to">The folder to write into.</param>
    /// <param name="random">Chooses what was lost.</param>
    public void WriteAfterFailure(string from, string to, Random random)
    {
        var names = new Names();
        foreach (var change in _nameChanges[..random.Next(_durableNames, _nameChanges.Count + 1)])
        {
            names.Change(change);
        }

        // Everything unflushed lost, nothing lost, or by chance.
        var kept = random.Next(3) switch
        {
            0 => 0,
            1 => 1,
            _ => random.NextDouble(),
        };
        foreach (var folder in names.Folders)
        {
            Directory.CreateDirectory(to + folder[from.Length..]);
        }

        foreach (var (path, node) in names.Files)
        {
            var copy = new Node { Content = [.. node.Content] };
            foreach (var operation in node.Pending.Where(_ => random.NextDouble() < kept))
            {
                copy.Apply(kept < 1 ? Torn(operation, random) : operation);
            }

            var target = to + path[from.Length..];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, copy.Content);
        }
    }

    private static DiskOperation Torn(DiskOperation operation, Random random) =>
        operation is Written { Bytes.Length: > Sector } written && random.Next(4) == 0
            ? written with
            {
                Bytes = written.Bytes[..(random.Next(written.Bytes.Length / Sector) * Sector)],
            }
            : operation;

    private static bool IsIn(DiskOperation change, string folder) =>
        Path.GetDirectoryName(change.Path) == folder
        || (change is Renamed renamed && Path.GetDirectoryName(renamed.Target) == folder);

    /// <summary>A file, whatever its name.</summary>
    private sealed class Node
    {
        public byte[] Content { get; set; } = [];

        /// <summary>The writes that were not flushed.</summary>
        public List<DiskOperation> Pending { get; } = [];

        public void Apply(DiskOperation operation)
        {
            var content = Content;
            if (operation is Resized resized)
            {
                Array.Resize(ref content, (int)resized.Length);
            }
            else if (operation is Written written)
            {
                Array.Resize(ref content, Math.Max(content.Length, (int)written.Offset + written.Bytes.Length));
                written.Bytes.CopyTo(content, written.Offset);
            }

            Content = content;
        }
    }

    /// <summary>Which files and folders there are.</summary>
    private sealed class Names
    {
        private readonly Dictionary<string, Node?> _entries = new(StringComparer.Ordinal);

        public IEnumerable<(string Path, Node Node)> Files =>
            _entries.Where(entry => entry.Value is not null).Select(entry => (entry.Key, entry.Value!));

        public IEnumerable<string> Folders => _entries.Where(entry => entry.Value is null).Select(entry => entry.Key);

        public Node? Find(string path) => _entries.GetValueOrDefault(path);

        public void Change((DiskOperation Operation, Node? Node) change)
        {
            switch (change.Operation)
            {
                case Deleted deleted:
                    _entries.Remove(deleted.Path);
                    break;
                case Renamed renamed:
                    foreach (var path in _entries.Keys.Where(path => IsWithin(path, renamed.Path)).ToArray())
                    {
                        _entries.Remove(path, out var moved);
                        _entries[renamed.Target + path[renamed.Path.Length..]] = moved;
                    }

                    break;
                default:
                    _entries[change.Operation.Path] = change.Node;
                    break;
            }
        }

        private static bool IsWithin(string path, string folder) =>
            path == folder || path.StartsWith(folder + '/', StringComparison.Ordinal);
    }
}
