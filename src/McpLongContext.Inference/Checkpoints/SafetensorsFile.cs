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
    /// <summary>Elements converted at a time, so that a tensor is never held twice.</summary>
    private const int ChunkElements = 8192;

    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private SafetensorsFile(string path, MemoryMappedFile file, Dictionary<string, TensorInfo> tensors)
    {
        _path = path;
        _file = file;
        _view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        Tensors = tensors;
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens a file and validates its header.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or its header does not hold.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var tensors = ReadHeader(path, stream);
            var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(path, file, tensors);
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
    /// The tensor is missing, of another shape, or of a type that has no conversion to fp32.
    /// </exception>
    public float[] Read(string name, params ReadOnlySpan<int> shape)
    {
        var count = 1;
        foreach (var dimension in shape)
            count = checked(count * dimension);
        var values = new float[count];
        Read(name, values, shape);
        return values;
    }

    /// <summary>Reads a tensor as fp32, row-major, into <paramref name="destination"/>.</summary>
    /// <inheritdoc cref="Read(string, ReadOnlySpan{int})"/>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">The elements; as many as <paramref name="shape"/> has.</param>
    /// <param name="shape">The shape that the model demands.</param>
    public void Read(string name, Span<float> destination, params ReadOnlySpan<int> shape)
    {
        if (!Tensors.TryGetValue(name, out var tensor))
            throw new CheckpointException(_path, $"tensor '{name}': not found among {Tensors.Count} tensors");
        if (!HasShape(tensor, shape))
            throw new CheckpointException(
                _path,
                $"tensor '{name}': {tensor} found, expected [{string.Join(", ", shape.ToArray())}]"
            );
        if (destination.Length != tensor.ElementCount)
            throw new ArgumentException(
                $"{destination.Length} elements found, expected {tensor.ElementCount} of tensor '{name}'",
                nameof(destination)
            );
        Convert(name, tensor, destination);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static Dictionary<string, TensorInfo> ReadHeader(string path, FileStream stream)
    {
        Span<byte> length = stackalloc byte[SafetensorsHeader.LengthSize];
        if (stream.ReadAtLeast(length, length.Length, throwOnEndOfStream: false) < length.Length)
            throw new CheckpointException(path, $"{stream.Length} bytes found, too short for a safetensors file");
        var size = SafetensorsHeader.CheckSize(path, BinaryPrimitives.ReadUInt64LittleEndian(length), stream.Length);
        var json = new byte[size];
        stream.ReadExactly(json);
        return SafetensorsHeader.Parse(path, json, stream.Length);
    }

    private static bool HasShape(TensorInfo tensor, ReadOnlySpan<int> shape)
    {
        if (tensor.Shape.Count != shape.Length)
            return false;
        for (var i = 0; i < shape.Length; i++)
        {
            if (tensor.Shape[i] != shape[i])
                return false;
        }
        return true;
    }

    private void Convert(string name, TensorInfo tensor, Span<float> destination)
    {
        switch (tensor.ElementType)
        {
            case "F32":
                ReadBytes(tensor.Offset, destination);
                break;
            case "F64":
                Convert<double>(tensor, destination);
                break;
            case "F16":
                Convert<Half>(tensor, destination);
                break;
            case "BF16":
                ConvertBrainFloat(tensor, destination);
                break;
            case "I8":
                Convert<sbyte>(tensor, destination);
                break;
            case "U8" or "BOOL":
                Convert<byte>(tensor, destination);
                break;
            case "I16":
                Convert<short>(tensor, destination);
                break;
            case "U16":
                Convert<ushort>(tensor, destination);
                break;
            case "I32":
                Convert<int>(tensor, destination);
                break;
            case "U32":
                Convert<uint>(tensor, destination);
                break;
            case "I64":
                Convert<long>(tensor, destination);
                break;
            case "U64":
                Convert<ulong>(tensor, destination);
                break;
            default:
                throw new CheckpointException(
                    _path,
                    $"tensor '{name}': {tensor.ElementType} found, expected a type that converts to fp32"
                );
        }
    }

    private void Convert<T>(TensorInfo tensor, Span<float> destination)
        where T : unmanaged, INumberBase<T>
    {
        var chunk = new T[Math.Min(ChunkElements, destination.Length)];
        for (var start = 0; start < destination.Length; start += ChunkElements)
        {
            var part = destination[start..Math.Min(start + ChunkElements, destination.Length)];
            var source = chunk.AsSpan(0, part.Length);
            ReadBytes(tensor.Offset + (long)start * Unsafe.SizeOf<T>(), source);
            TensorPrimitives.ConvertTruncating<T, float>(source, part);
        }
    }

    /// <summary>A bfloat16 is the upper half of an fp32.</summary>
    private void ConvertBrainFloat(TensorInfo tensor, Span<float> destination)
    {
        var upper = new ushort[destination.Length];
        ReadBytes(tensor.Offset, upper.AsSpan());
        for (var i = 0; i < destination.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
    }

    private void ReadBytes<T>(long offset, Span<T> destination)
        where T : unmanaged =>
        _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)offset, MemoryMarshal.AsBytes(destination));
}
