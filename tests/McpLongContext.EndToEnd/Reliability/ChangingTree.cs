using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>A copy of a real source tree that changes, and remembers every text that a file ever had.</summary>
internal sealed class ChangingTree : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tree-");
    private readonly Dictionary<string, List<string?>> _versions = new(StringComparer.Ordinal);
    private readonly Random _random;

    /// <summary>Copies the C# files of a folder of the repository.</summary>
    public ChangingTree(string source, int seed)
    {
        _random = new Random(seed);
        var root = Path.Combine(Repository.Root, source);
        foreach (var file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Order())
        {
            var relative = Path.GetRelativePath(root, file);
            if (!IsBuildOutput(relative))
            {
                Write(relative, File.ReadAllText(file));
            }
        }
    }

    /// <summary>Its folder.</summary>
    public string Root => _folder.FullName;

    /// <summary>The files that are there now, relative.</summary>
    public IEnumerable<string> Files =>
        _versions.Where(file => file.Value[^1] is not null).Select(file => file.Key).Order(StringComparer.Ordinal);

    /// <summary>The number of the version that a file has now; the same text later is another version.</summary>
    public int VersionOf(string file) => _versions[file].Count - 1;

    /// <summary>Whether a file had this text in a version of this number or later.</summary>
    public bool Had(string file, string text, int sinceVersion) =>
        _versions.TryGetValue(file, out var versions)
        && versions.Skip(sinceVersion).Any(version => version is not null && Same(version, text));

    /// <summary>Whether a file was gone in a version of this number or later.</summary>
    public bool WasGone(string file, int sinceVersion) => _versions[file].Skip(sinceVersion).Contains(null);

    /// <summary>Changes, deletes, and brings back some files.</summary>
    public void Change()
    {
        foreach (var file in _versions.Keys.ToArray())
        {
            switch (_random.Next(40))
            {
                case 0:
                    Delete(file);
                    break;
                case < 4:
                    var text = _versions[file].Last(version => version is not null)!;
                    Write(file, text + $"// {_random.Next()}\n");
                    break;
                case 4:
                    Write(file, _versions[file].First(version => version is not null)!);
                    break;
                default:
                    break;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string file, string text)
    {
        if (!_versions.TryGetValue(file, out var versions))
        {
            _versions[file] = versions = [];
        }

        versions.Add(text);
        var path = Path.Combine(Root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private void Delete(string file)
    {
        if (_versions[file][^1] is not null)
        {
            _versions[file].Add(null);
            File.Delete(Path.Combine(Root, file));
        }
    }

    private static bool IsBuildOutput(string file) =>
        file.Split(Path.DirectorySeparatorChar).Any(folder => folder is "obj" or "bin");

    /// <summary>A document's text ends with its last line, a file's mostly with a line break.</summary>
    private static bool Same(string file, string document) =>
        string.Equals(file.TrimEnd('\n'), document.TrimEnd('\n'), StringComparison.Ordinal);
}
