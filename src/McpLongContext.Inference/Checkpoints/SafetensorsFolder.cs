namespace McpLongContext.Inference.Checkpoints;

/// <summary>
/// The safetensors files of a model's folder: one, or several whose index, <c>*.safetensors.index.json</c>, says which
/// tensor is in which. Several without an index are one model where their names number them completely.
/// </summary>
internal sealed class SafetensorsFolder : ITensorSource
{
    /// <summary>The name of a file that holds all; it goes before an index that lies beside it.</summary>
    public const string SingleName = "model.safetensors";

    /// <summary>The name of an adapter of Infini-attention, which lies beside the weights and is none.</summary>
    public const string AdapterName = "infini.safetensors";

    /// <summary>The name of an adapter of an encoder, likewise.</summary>
    public const string EncoderAdapterName = "late-interaction.safetensors";

    private readonly List<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsFile> _tensors;

    /// <summary>Tensors that only the index names, and the file where it has them.</summary>
    private readonly Dictionary<string, string> _absent;

    private SafetensorsFolder(
        string path,
        List<SafetensorsFile> files,
        Dictionary<string, SafetensorsFile> tensors,
        Dictionary<string, string> absent
    )
    {
        Path = path;
        _files = files;
        _tensors = tensors;
        _absent = absent;
    }

    /// <inheritdoc />
    public string Path { get; }

    /// <inheritdoc />
    public IReadOnlyCollection<string> Names => [.. _tensors.Keys, .. _absent.Keys];

    /// <summary>Opens the files of a folder.</summary>
    /// <exception cref="CheckpointException">There are none, one cannot be read, or the index does not fit
    /// them.</exception>
    public static SafetensorsFolder Open(string folder)
    {
        var files = new List<SafetensorsFile>();
        try
        {
            var tensors = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            var absent = new Dictionary<string, string>(StringComparer.Ordinal);
            var single = System.IO.Path.Combine(folder, SingleName);
            if (ShardIndex.Find(folder) is not { } index)
            {
                OpenAll(FindFiles(folder), files, tensors);
            }
            else if (File.Exists(single))
            {
                OpenAll([single], files, tensors);
            }
            else
            {
                OpenShards(folder, index, files, tensors, absent);
            }

            return new SafetensorsFolder(folder, files, tensors, absent);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <inheritdoc />
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <inheritdoc />
    public void Require(string name, params ReadOnlySpan<int> shape)
    {
        if (_absent.TryGetValue(name, out var shard))
        {
            throw new CheckpointException(Path, $"tensor '{name}': not found in '{shard}', where the index has it");
        }

        if (!_tensors.TryGetValue(name, out var file))
        {
            throw new CheckpointException(Path, TensorShape.Missing(name, _tensors.Count));
        }

        file.Require(name, shape);
        var type = file.Tensors[name].ElementType;
        if (type is not ("F32" or "F16" or "BF16" or "F64"))
        {
            throw new CheckpointException(Path, $"tensor '{name}': type {type} found, expected F32, F16, BF16 or F64");
        }
    }

    /// <inheritdoc />
    public void ReadRows(string name, int firstRow, Span<float> rows)
    {
        var file = _tensors[name];
        var shape = file.Tensors[name].Shape;
        if (shape.Count == 1)
        {
            file.Read(name, rows, (int)shape[0]);
            return;
        }

        var width = (int)shape[1];
        for (var row = firstRow; !rows.IsEmpty; row++)
        {
            file.ReadRow(name, row, rows[..width]);
            rows = rows[width..];
        }
    }

    /// <inheritdoc />
    public void Dispose() => _files.ForEach(file => file.Dispose());

    /// <summary>Opens files whose tensors are all there are.</summary>
    private static void OpenAll(
        string[] paths,
        List<SafetensorsFile> files,
        Dictionary<string, SafetensorsFile> tensors
    )
    {
        foreach (var path in paths)
        {
            var file = SafetensorsFile.Open(path);
            files.Add(file);
            foreach (var name in file.Tensors.Keys)
            {
                if (!tensors.TryAdd(name, file))
                {
                    throw new CheckpointException(path, $"tensor '{name}' found in another shard, too");
                }
            }
        }
    }

    /// <summary>The only file, or shards that their names number completely.</summary>
    private static string[] FindFiles(string folder)
    {
        string[] files =
        [
            .. FolderFiles
                .Of(folder, ".safetensors")
                .Where(path => System.IO.Path.GetFileName(path) is not AdapterName),
        ];
        return files.Length == 1 || ShardIndex.AreComplete(files.Select(path => System.IO.Path.GetFileName(path)))
            ? files
            : throw new CheckpointException(
                folder,
                $"{files.Length} .safetensors files found, expected one, or several with {ShardIndex.UsualName}"
            );
    }

    private static void OpenShards(
        string folder,
        string index,
        List<SafetensorsFile> files,
        Dictionary<string, SafetensorsFile> tensors,
        Dictionary<string, string> absent
    )
    {
        var byName = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        foreach (var (tensor, shard) in ShardIndex.Read(index))
        {
            if (!byName.TryGetValue(shard, out var file))
            {
                file = SafetensorsFile.Open(System.IO.Path.Combine(folder, shard));
                files.Add(file);
                byName.Add(shard, file);
            }

            // Some indexes name what was left out of the files, because nobody needs it.
            if (file.Tensors.ContainsKey(tensor))
            {
                tensors.Add(tensor, file);
            }
            else
            {
                absent.Add(tensor, shard);
            }
        }
    }
}
