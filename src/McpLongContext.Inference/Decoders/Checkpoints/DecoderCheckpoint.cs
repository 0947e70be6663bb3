using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>
/// A checkpoint of the Llama family: its configuration, its tensors and how they are named and ordered.
/// </summary>
internal sealed class DecoderCheckpoint : IDisposable
{
    private readonly ITensorSource _tensors;
    private readonly TensorNames _names;
    private readonly bool _isInterleaved;
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Takes over the tensors.</summary>
    /// <param name="config">The configuration, validated.</param>
    /// <param name="tensors">The tensors.</param>
    /// <param name="names">The names of the tensors.</param>
    /// <param name="isInterleaved">
    /// Whether the rows of the query and key matrices are ordered for a rotation of neighbors, (2i, 2i + 1), as in
    /// Meta's code, llama2.c and the GGUF files of some architectures. They are read in the order for pairs (i, i +
    /// headDim / 2).
    /// </param>
    public DecoderCheckpoint(DecoderConfig config, ITensorSource tensors, TensorNames names, bool isInterleaved)
    {
        Config = config;
        _tensors = tensors;
        _names = names;
        _isInterleaved = isInterleaved;
    }

    /// <summary>The configuration.</summary>
    public DecoderConfig Config { get; }

    /// <summary>The settings of the configuration that were ignored, a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Opens a model.</summary>
    /// <param name="path">
    /// A GGUF file, a llama2.c file (<c>.bin</c>), or a folder with one of them or with <c>config.json</c> and
    /// safetensors.
    /// </param>
    /// <exception cref="CheckpointException">There is no model, or none that is supported.</exception>
    public static DecoderCheckpoint Open(string path)
    {
        if (!Directory.Exists(path))
        {
            return OpenFile(path);
        }

        // A GGUF file brings its own configuration; one that lies beside it was copied from the model's other form.
        string[] files = [.. FolderFiles.Of(path, ".gguf"), .. FolderFiles.Of(path, ".bin").Where(IsModel)];
        var hasConfig = File.Exists(Path.Combine(path, HuggingFaceLlama.ConfigName));
        if (hasConfig && (files.Length == 0 || FolderFiles.Of(path, ".safetensors").Length > 0))
        {
            return HuggingFaceLlama.Open(path);
        }

        return files.Length == 1
            ? OpenFile(files[0])
            : throw new CheckpointException(
                path,
                $"{files.Length} files found, expected one .gguf or .bin file, or config.json and .safetensors files"
            );
    }

    /// <summary>Reads a vector.</summary>
    public float[] ReadVector(TensorKind kind, int layer, int length)
    {
        var name = Take(kind, layer, length);
        var values = new float[length];
        _tensors.ReadRows(name, 0, values);
        return values;
    }

    /// <summary>Reads a vector with one element per row of the query or key matrix, in its order.</summary>
    public float[] ReadHeadVector(TensorKind kind, int layer, int length)
    {
        var stored = ReadVector(kind, layer, length);
        return _isInterleaved ? [.. Enumerable.Range(0, length).Select(i => stored[SourceRow(i)])] : stored;
    }

    /// <summary>A matrix to be read later, row by row.</summary>
    public MatrixReader Matrix(DecoderMatrix matrix)
    {
        var (kind, layer, outputs, inputs) = matrix;
        var name = Take(kind, layer, outputs, inputs);
        var isPermuted = _isInterleaved && kind is TensorKind.Query or TensorKind.Key;
        return new MatrixReader(outputs, inputs, Read);

        void Read(int firstRow, Span<float> rows)
        {
            if (!isPermuted)
            {
                _tensors.ReadRows(name, firstRow, rows);
                return;
            }

            for (var row = firstRow; !rows.IsEmpty; row++)
            {
                _tensors.ReadRows(name, SourceRow(row), rows[..inputs]);
                rows = rows[inputs..];
            }
        }
    }

    /// <summary>Demands that everything was read: what was not would be part of another architecture.</summary>
    /// <exception cref="CheckpointException">A tensor is left.</exception>
    public void RequireNothingLeft()
    {
        var left = _tensors.Names.FirstOrDefault(name => !_taken.Contains(name) && !_names.IsIgnored(name, Config));
        if (left is not null)
        {
            throw new CheckpointException(
                _tensors.Path,
                $"tensor '{left}' found, which is no part of a '{Config.Architecture}' model as it is supported here"
            );
        }
    }

    /// <inheritdoc />
    public void Dispose() => _tensors.Dispose();

    /// <summary>A llama2.c model has its tokenizer beside it, with the same ending.</summary>
    private static bool IsModel(string path) =>
        !string.Equals(Path.GetFileName(path), "tokenizer.bin", StringComparison.OrdinalIgnoreCase);

    private static DecoderCheckpoint OpenFile(string path) =>
        Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".GGUF" => GgufLlama.Open(path),
            ".BIN" => Llama2CFile.Open(path),
            _ => throw new CheckpointException(
                path,
                File.Exists(path) ? "unknown kind of file, expected .gguf, .bin or a folder" : "not found"
            ),
        };

    /// <summary>Where a row in the order of pairs (i, i + headDim / 2) stands in the order of neighbors.</summary>
    private int SourceRow(int row)
    {
        var (head, i) = Math.DivRem(row, Config.HeadDim);
        var half = Config.HeadDim / 2;
        return (head * Config.HeadDim) + (i < half ? 2 * i : (2 * (i - half)) + 1);
    }

    private string Take(TensorKind kind, int layer, params ReadOnlySpan<int> shape)
    {
        var name = _names.Of(kind, layer);
        _tensors.Require(name, shape);
        _taken.Add(name);
        return name;
    }
}
