using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Inference.Checkpoints.Gguf;

/// <summary>
/// A checkpoint in the GGUF format, version 2 or 3, memory-mapped: opening reads the header only. The file must not
/// change while it is open.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private readonly MappedFile _file;

    private GgufFile(string path, MappedFile file)
    {
        Path = path;
        _file = file;
        (Version, Metadata, Tensors) = GgufHeader.Read(new GgufReader(path, file));
    }

    /// <summary>Where the file stands.</summary>
    public string Path { get; }

    /// <summary>The version of the format.</summary>
    public int Version { get; }

    /// <summary>The key-value pairs: the architecture's settings, the tokenizer.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <summary>Opens a file and validates its header.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or its header does not hold.</exception>
    public static GgufFile Open(string path)
    {
        MappedFile? file = null;
        try
        {
            file = MappedFile.Open(path);
            return new GgufFile(path, file);
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

    /// <summary>Bytes of a tensor as they lie in the file; valid until this is disposed.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="offset">The first byte, counted from the tensor's start.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes are not all inside the tensor.</exception>
    public ReadOnlySpan<byte> Bytes(GgufTensor tensor, long offset, int count)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.ByteCount - count);
        return _file.Span(tensor.Offset + offset, count);
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();
}
