using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>
/// A checkpoint in the safetensors format, memory-mapped: opening reads the header only, and each tensor is converted
/// to fp32 while it is read. The file must not change while it is open.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>Elements converted at a time, on the stack.</summary>
    private const int ChunkElements = 1024;

    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private SafetensorsFile(
        string path,
        MemoryMappedFile file,
        Dictionary<string, TensorInfo> tensors,
        Dictionary<string, string> metadata
    )
    {
        _path = path;
        _file = file;
        _view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>The metadata of the file, by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and validates its header.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or its header does not hold.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var (tensors, metadata) = ReadHeader(path, stream);
            var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(path, file, tensors, metadata);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a tensor as fp32, row-major.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The shape that the model demands.</param>
    /// <exception cref="CheckpointException">
    /// The tensor is missing, of another shape, of a type that has no conversion to fp32, or has an element that is not
    /// finite.
    /// </exception>
    public float[] Read(string name, params ReadOnlySpan<int> shape)
    {
        // Before anything is allocated: the shape may be that of a configuration that lies.
        Require(name, shape);
        var values = new float[Tensors[name].ElementCount];
        Read(name, values, shape);
        return values;
    }

    /// <summary>Reads a tensor as fp32, row-major, into <paramref name="destination"/>.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">The elements; as many as <paramref name="shape"/> has.</param>
    /// <param name="shape">The shape that the model demands.</param>
    /// <inheritdoc cref="Read(string, ReadOnlySpan{int})" path="/exception"/>
    public void Read(string name, Span<float> destination, params ReadOnlySpan<int> shape)
    {
        Require(name, shape);
        var tensor = Tensors[name];
        if (destination.Length != tensor.ElementCount)
        {
            throw new ArgumentException(
                $"room for {destination.Length} elements found, expected {tensor.ElementCount} of tensor '{name}'.",
                nameof(destination)
            );
        }

        Convert(name, tensor, firstElement: 0, destination);
    }

    /// <summary>Reads one row of a matrix as fp32; allocates nothing.</summary>
    /// <param name="name">A tensor that <see cref="Require"/> has found to be a matrix.</param>
    /// <param name="row">The row, from 0.</param>
    /// <param name="destination">As many elements as a row has.</param>
    /// <exception cref="CheckpointException">An element is not finite.</exception>
    public void ReadRow(string name, int row, Span<float> destination)
    {
        var tensor = Tensors[name];
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, tensor.Shape[0]);
        if (destination.Length != tensor.Shape[1])
        {
            throw new ArgumentException(
                $"room for {destination.Length} elements found, expected {tensor.Shape[1]} of a row of '{name}'.",
                nameof(destination)
            );
        }

        Convert(name, tensor, (long)row * destination.Length, destination);
    }

    /// <summary>Demands that a tensor exists and has a shape.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The shape that the model demands.</param>
    /// <exception cref="CheckpointException">The tensor is missing or of another shape.</exception>
    public void Require(string name, params ReadOnlySpan<int> shape)
    {
        if (!Tensors.TryGetValue(name, out var tensor))
        {
            throw new CheckpointException(_path, $"tensor '{name}': not found among {Tensors.Count} tensors");
        }

        if (!HasShape(tensor, shape))
        {
            throw new CheckpointException(
                _path,
                $"tensor '{name}': {tensor} found, expected [{string.Join(", ", shape.ToArray())}]"
            );
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static (Dictionary<string, TensorInfo> Tensors, Dictionary<string, string> Metadata) ReadHeader(
        string path,
        FileStream stream
    )
    {
        Span<byte> length = stackalloc byte[SafetensorsHeader.LengthSize];
        if (stream.ReadAtLeast(length, length.Length, throwOnEndOfStream: false) < length.Length)
        {
            throw new CheckpointException(path, $"{stream.Length} bytes found, too short for a safetensors file");
        }

        var size = SafetensorsHeader.CheckSize(path, BinaryPrimitives.ReadUInt64LittleEndian(length), stream.Length);
        var json = new byte[size];
        stream.ReadExactly(json);
        return SafetensorsHeader.Parse(path, json, stream.Length);
    }

    private static bool HasShape(TensorInfo tensor, ReadOnlySpan<int> shape)
    {
        if (tensor.Shape.Count != shape.Length)
        {
            return false;
        }

        for (var i = 0; i < shape.Length; i++)
        {
            if (tensor.Shape[i] != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    private void Convert(string name, TensorInfo tensor, long firstElement, Span<float> destination)
    {
        ConvertAny(name, tensor, firstElement, destination);
        var rowLength = tensor.Shape.Count < 2 ? 0 : tensor.Shape[^1];
        FiniteValues.Require(_path, name, destination, firstElement, rowLength);
    }

    private void ConvertAny(string name, TensorInfo tensor, long firstElement, Span<float> destination)
    {
        var offset = tensor.Offset + firstElement * SafetensorsHeader.ElementSize(tensor.ElementType);
        switch (tensor.ElementType)
        {
            case "F32":
                ReadBytes(offset, destination);
                break;
            case "BF16":
                ConvertBrainFloat(offset, destination);
                break;
            case "F16":
                Convert<Half>(offset, destination);
                break;
            case "F64":
                Convert<double>(offset, destination);
                break;
            case "I8":
                Convert<sbyte>(offset, destination);
                break;
            case "I16":
                Convert<short>(offset, destination);
                break;
            case "U16":
                Convert<ushort>(offset, destination);
                break;
            case "I32":
                Convert<int>(offset, destination);
                break;
            case "U32":
                Convert<uint>(offset, destination);
                break;
            case "I64":
                Convert<long>(offset, destination);
                break;
            case "U64":
                Convert<ulong>(offset, destination);
                break;
            case "U8" or "BOOL":
                Convert<byte>(offset, destination);
                break;
            default:
                throw new CheckpointException(
                    _path,
                    $"tensor '{name}': {tensor.ElementType} found, expected a type that converts to fp32"
                );
        }
    }

    private void Convert<T>(long offset, Span<float> destination)
        where T : unmanaged, INumberBase<T>
    {
        Span<T> chunk = stackalloc T[Math.Min(ChunkElements, destination.Length)];
        while (!destination.IsEmpty)
        {
            var source = chunk[..Math.Min(ChunkElements, destination.Length)];
            ReadBytes(offset, source);
            TensorPrimitives.ConvertTruncating<T, float>(source, destination);
            offset += source.Length * Unsafe.SizeOf<T>();
            destination = destination[source.Length..];
        }
    }

    /// <summary>A bfloat16 is the upper half of an fp32.</summary>
    private void ConvertBrainFloat(long offset, Span<float> destination)
    {
        // The halves are read into the second half of the destination and widened from its front.
        var halves = MemoryMarshal.Cast<float, ushort>(destination)[destination.Length..];
        ReadBytes(offset, halves);
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
        }
    }

    private void ReadBytes<T>(long offset, Span<T> destination)
        where T : unmanaged =>
        _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)offset, MemoryMarshal.AsBytes(destination));
}
