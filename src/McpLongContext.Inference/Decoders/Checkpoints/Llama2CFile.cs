using System.Runtime.InteropServices;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>
/// A model in the first format of llama2.c: <c>i32 dim, hidden, layers, heads, kv heads, vocabulary (negative: the
/// output is not tied), window</c>, then all weights in fp32, the layers of a kind together. It has no magic number;
/// its size must be exactly that of its dimensions.
/// </summary>
internal sealed class Llama2CFile : ITensorSource
{
    private const int HeaderBytes = 7 * sizeof(int);

    private readonly MappedFile _file;
    private readonly Dictionary<string, (long Offset, int Rows, int Columns)> _tensors = new(StringComparer.Ordinal);

    private Llama2CFile(string path, MappedFile file)
    {
        Path = path;
        _file = file;
    }

    /// <inheritdoc />
    public string Path { get; }

    /// <inheritdoc />
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Opens a model.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or is none of this format.</exception>
    public static DecoderCheckpoint Open(string path)
    {
        MappedFile? file = null;
        try
        {
            file = MappedFile.Open(path);
            var tensors = new Llama2CFile(path, file);
            return new DecoderCheckpoint(tensors.ReadConfig(), tensors, TensorNames.Gguf, isInterleaved: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {e.Message}", e);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <inheritdoc />
    public void Require(string name, params ReadOnlySpan<int> shape)
    {
        if (!_tensors.TryGetValue(name, out var tensor))
        {
            throw new CheckpointException(Path, TensorShape.Missing(name, _tensors.Count));
        }

        long[] found = tensor.Rows == 1 ? [tensor.Columns] : [tensor.Rows, tensor.Columns];
        if (!TensorShape.Equals(found, shape))
        {
            throw new CheckpointException(Path, TensorShape.Mismatch(name, $"[{string.Join(", ", found)}]", shape));
        }
    }

    /// <inheritdoc />
    public void ReadRows(string name, int firstRow, Span<float> rows)
    {
        var (offset, count, columns) = _tensors[name];
        for (var row = firstRow; !rows.IsEmpty; row++)
        {
            var bytes = _file.Span(offset + ((long)row * columns * sizeof(float)), columns * sizeof(float));
            var values = MemoryMarshal.Cast<byte, float>(bytes);
            FiniteValues.Require(Path, name, values, (long)row * columns, count == 1 ? 0 : columns);
            values.CopyTo(rows);
            rows = rows[columns..];
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private DecoderConfig ReadConfig()
    {
        if (_file.Length < HeaderBytes)
        {
            throw new CheckpointException(Path, $"{_file.Length} bytes found, too short for a llama2.c file");
        }

        var header = MemoryMarshal.Cast<byte, int>(_file.Span(0, HeaderBytes)).ToArray();
        if (header[3] < 1 || header[0] % header[3] != 0 || header[5] == int.MinValue)
        {
            throw new CheckpointException(
                Path,
                $"width {header[0]} and {header[3]} heads found, expected a multiple: no llama2.c file, or damaged"
            );
        }

        var config = new DecoderConfig
        {
            Architecture = "llama",
            HiddenSize = header[0],
            IntermediateSize = header[1],
            LayerCount = header[2],
            HeadCount = header[3],
            KeyValueHeadCount = header[4],
            VocabularySize = Math.Abs(header[5]),
            HasTiedOutput = header[5] > 0,
            ContextLength = header[6],
            HeadDim = header[0] / header[3],
            RmsNormEpsilon = 1e-5f,
        }.Validate(Path);
        Locate(config);
        return config;
    }

    private void Locate(DecoderConfig config)
    {
        var hidden = config.HiddenSize;
        var feedForward = config.IntermediateSize;
        // 128 bits: the header may promise anything.
        Int128 offset = HeaderBytes;
        Add(TensorKind.Embedding, 1, config.VocabularySize, hidden);
        Add(TensorKind.AttentionNorm, config.LayerCount, 1, hidden);
        Add(TensorKind.Query, config.LayerCount, config.QuerySize, hidden);
        Add(TensorKind.Key, config.LayerCount, config.KeyValueSize, hidden);
        Add(TensorKind.Value, config.LayerCount, config.KeyValueSize, hidden);
        Add(TensorKind.AttentionOutput, config.LayerCount, hidden, config.QuerySize);
        Add(TensorKind.FeedForwardNorm, config.LayerCount, 1, hidden);
        Add(TensorKind.Gate, config.LayerCount, feedForward, hidden);
        Add(TensorKind.Down, config.LayerCount, hidden, feedForward);
        Add(TensorKind.Up, config.LayerCount, feedForward, hidden);
        Add(TensorKind.OutputNorm, 1, 1, hidden);
        // Tables of cosines and sines, which are computed here.
        offset += (Int128)config.ContextLength * config.HeadDim * sizeof(float);
        if (!config.HasTiedOutput)
        {
            Add(TensorKind.Output, 1, config.VocabularySize, hidden);
        }

        if (offset != _file.Length)
        {
            throw new CheckpointException(
                Path,
                $"{_file.Length} bytes found, expected {offset} for its dimensions: truncated, damaged or no llama2.c file"
            );
        }

        void Add(TensorKind kind, int layers, int rows, int columns)
        {
            for (var layer = 0; layer < layers; layer++)
            {
                if (offset <= _file.Length)
                {
                    _tensors[TensorNames.Gguf.Of(kind, layer)] = ((long)offset, rows, columns);
                }

                offset += (Int128)rows * columns * sizeof(float);
            }
        }
    }
}
