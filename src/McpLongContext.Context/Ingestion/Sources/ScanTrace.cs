using McpLongContext.Context.Files;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// The files and directories that the outcome of a scan depends on, beside the content of the files that it returns:
/// listed directories, files with rules, existing or not, and files left out for their size. Each has a stamp that was
/// taken before it was read.
/// </summary>
internal sealed class ScanTrace
{
    private readonly Dictionary<string, FileStamp> _structure = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileStamp> _content = new(StringComparer.Ordinal);

    /// <summary>Directories and files with rules.</summary>
    public IReadOnlyDictionary<string, FileStamp> Structure => _structure;

    /// <summary>Files that were left out for their size.</summary>
    public IReadOnlyDictionary<string, FileStamp> Content => _content;

    /// <summary>Notes a directory or a file with rules that is about to be read.</summary>
    public void AddStructure(string path) => _structure.TryAdd(path, FileStatus.BeforeReading(path));

    /// <summary>Notes a file that is judged by its size, which is unknown where it is read afterwards.</summary>
    public void AddContent(string path, long? size = null)
    {
        var stamp = FileStatus.BeforeReading(path);
        _content.TryAdd(path, size is null || stamp.Size == size ? stamp : stamp with { Identity = 0 });
    }
}
