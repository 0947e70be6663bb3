using System.Text.Json;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>
/// The safetensors files of a model's folder: one, or several whose <c>model.safetensors.index.json</c> says which tensor
/// is in which.
/// </summary>
internal sealed class SafetensorsFolder : ITensorSource
{
    private const string IndexName = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsFile> _tensors;

    private SafetensorsFolder(string path, List<SafetensorsFile> files, Dictionary<string, SafetensorsFile> tensors)
    {
        Path = path;
        _files = files;
        _tensors = tensors;
    }

    /// <inheritdoc />
    public string Path { get; }

    /// <inheritdoc />
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Opens the files of a folder.</summary>
    /// <exception cref="CheckpointException">There are none, one cannot be read, or the index does not fit them.</exception>
    public static SafetensorsFolder Open(string folder)
    {
        var files = new List<SafetensorsFile>();
        try
        {
            var tensors = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            var index = System.IO.Path.Combine(folder, IndexName);
            if (File.Exists(index))
            {
                OpenShards(folder, index, files, tensors);
            }
            else
            {
                var file = SafetensorsFile.Open(FindSingle(folder));
                files.Add(file);
                foreach (var name in file.Tensors.Keys)
                {
                    tensors.Add(name, file);
                }
            }

            return new SafetensorsFolder(folder, files, tensors);
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

    private static string FindSingle(string folder)
    {
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.safetensors") : [];
        return files.Length == 1
            ? files[0]
            : throw new CheckpointException(
                folder,
                $"{files.Length} .safetensors files found, expected one, or several with {IndexName}"
            );
    }

    private static void OpenShards(
        string folder,
        string index,
        List<SafetensorsFile> files,
        Dictionary<string, SafetensorsFile> tensors
    )
    {
        var byName = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        foreach (var (tensor, shard) in ReadIndex(index))
        {
            if (shard is null)
            {
                throw new CheckpointException(index, $"tensor '{tensor}': null found, expected the name of a file");
            }

            if (!byName.TryGetValue(shard, out var file))
            {
                // A name from a downloaded file: it must not lead out of the folder.
                if (shard != System.IO.Path.GetFileName(shard) || shard.Contains('\0', StringComparison.Ordinal))
                {
                    throw new CheckpointException(index, $"file '{shard}' found, expected a name without a folder");
                }

                file = SafetensorsFile.Open(System.IO.Path.Combine(folder, shard));
                files.Add(file);
                byName.Add(shard, file);
            }

            if (!file.Tensors.ContainsKey(tensor))
            {
                throw new CheckpointException(index, $"tensor '{tensor}': not found in '{shard}'");
            }

            tensors.Add(tensor, file);
        }
    }

    private static Dictionary<string, string?> ReadIndex(string index)
    {
        try
        {
            using var stream = File.OpenRead(index);
            using var json = JsonDocument.Parse(stream);
            return json
                .RootElement.GetProperty("weight_map")
                .EnumerateObject()
                .ToDictionary(entry => entry.Name, entry => entry.Value.GetString(), StringComparer.Ordinal);
        }
        catch (Exception e)
            when (e
                    is IOException
                        or UnauthorizedAccessException
                        or JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or ArgumentException
            )
        {
            throw new CheckpointException(index, $"cannot be read as an index of tensors: {e.Message}", e);
        }
    }
}
