namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// A model in a local folder. Its files are copied, so that the folder may change or vanish afterwards.
/// </summary>
/// <param name="path">The folder, or one of several weights files in it.</param>
internal sealed class FolderSource(string path) : IModelSource
{
    private readonly string? _chosen = File.Exists(path) ? Path.GetFileName(path) : null;

    private readonly string _folder = Path.TrimEndingDirectorySeparator(
        Path.GetFullPath(File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path)
    );

    /// <summary>Whether a path is that of weights that can be installed by themselves.</summary>
    public static bool IsFile(string path) =>
        File.Exists(path)
        && (
            path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
        );

    public string Name =>
        _chosen is null ? ModelName.FromFolder(_folder) : ModelName.FromFile(Path.GetFileNameWithoutExtension(_chosen));

    public bool IsSatisfiedBy(ModelEntry installed) => false;

    public async Task<ModelEntry> DescribeAsync(CancellationToken cancellation)
    {
        var paths = Directory
            .EnumerateFiles(
                _folder,
                "*",
                new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }
            )
            .Select(file => Path.GetRelativePath(_folder, file).Replace('\\', '/'))
            .ToHashSet(StringComparer.Ordinal);
        var files = new List<ModelFile>();
        var index = _chosen is null
            ? NamedIndex.Find(paths, _folder, name => File.ReadAllBytes(Path.Combine(_folder, name)))
            : null;
        foreach (var name in NeededFiles.Select(paths, _chosen, quantization: null, _folder, index))
        {
            var source = Path.Combine(_folder, name);
            var (sha256, _) = await Checksum.ComputeAsync(source, static _ => { }, cancellation);
            // The length of the target where the file is a link, as in the hub client's own cache.
            await using var stream = File.OpenRead(source);
            files.Add(new ModelFile(name, stream.Length) { Sha256 = sha256 });
        }

        return new ModelEntry(Name, _folder, files);
    }

    public Task FetchAsync(
        ModelEntry entry,
        string folder,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    ) => CopyAsync(_folder, entry, folder, progress, cancellation);

    /// <summary>Copies the files of an entry from one folder to another.</summary>
    public static async Task CopyAsync(
        string source,
        ModelEntry entry,
        string folder,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    )
    {
        long done = 0;
        foreach (var file in entry.Files)
        {
            var target = Path.Combine(folder, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await using var input = File.OpenRead(Path.Combine(source, file.SourcePath));
            await using var output = File.Create(target);
            await input.CopyToAsync(output, cancellation);
            done += file.Size;
            progress?.Report(new ModelProgress(ModelPhase.Downloading, done, entry.Size));
        }
    }
}
