using McpLongContext.Context.Files;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness;

/// <summary>Finds the files of a source that are not as they were seen, and puts them into the queue.</summary>
internal sealed class SourceScan(KnownSource source, RefreshQueue queue, IReadOnlyList<KnownSource> all)
{
    /// <summary>Scans the source; afterwards the files count as seen.</summary>
    public void Run(SourceScanner scanner, CancellationToken cancellation)
    {
        var trace = new ScanTrace();
        var found = new HashSet<string>(StringComparer.Ordinal);
        var unreadable = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in scanner.Scan(source.Path, trace, cancellation))
        {
            switch (entry)
            {
                case SourceFile file:
                    found.Add(file.Path);
                    See(file.Path, FileStatus.Of(file.Path), file);
                    break;
                case SkippedSource { IsTransient: true }:
                    unreadable.Add(entry.Path);
                    break;
                case SkippedSource { IsOfSize: true }:
                    found.Add(entry.Path);
                    See(entry.Path, trace.Content.GetValueOrDefault(entry.Path, FileStamp.Missing), entry);
                    break;
            }
        }

        foreach (var (path, stamp) in trace.Structure.Where(item => !found.Contains(item.Key)))
        {
            found.Add(path);
            if (source.Files.GetValueOrDefault(path) is { Role: FileRole.Content } replaced)
            {
                // A folder took the place of a document.
                Forget(replaced);
            }

            source.Set(path, FileRole.Structure, stamp);
        }

        foreach (var file in source.Files.Values.Where(file => !found.Contains(file.Path)).ToList())
        {
            if (file.Role == FileRole.Structure || !IsBeneath(file.Path, unreadable))
            {
                Forget(file);
            }
        }
    }

    private void See(string path, FileStamp stamp, SourceEntry entry)
    {
        var known = source.Files.GetValueOrDefault(path);
        if (known is { Role: FileRole.Removed } || (known is { Role: FileRole.Content } && known.Stamp == stamp))
        {
            return;
        }

        source.Set(path, FileRole.Content, stamp);
        queue.Put(path, entry);
    }

    private void Forget(KnownFile file)
    {
        source.Remove(file.Path);
        if (file.Role == FileRole.Content && !all.Any(other => other.Files.ContainsKey(file.Path)))
        {
            queue.Put(file.Path, null);
        }
    }

    private static bool IsBeneath(string path, HashSet<string> directories)
    {
        for (var part = path; part is not null && directories.Count > 0; part = Path.GetDirectoryName(part))
        {
            if (directories.Contains(part))
            {
                return true;
            }
        }

        return false;
    }
}
