using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>Writes safetensors files: what <see cref="SafetensorsFile"/> reads.</summary>
public static class SafetensorsWriter
{
    /// <summary>The header is padded with spaces so that the data begin at a multiple of it.</summary>
    private const int Alignment = 8;

    /// <summary>Writes a file whole, in the order of the tensors.</summary>
    /// <param name="destination">Receives the file from its position on.</param>
    /// <param name="tensors">The tensors, with distinct names.</param>
    /// <param name="metadata">Texts beside them.</param>
    /// <exception cref="ArgumentException">A tensor has more or fewer elements than its shape.</exception>
    public static void Write(
        Stream destination,
        IReadOnlyList<SafetensorsEntry> tensors,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        var header = Header(tensors, metadata);
        Span<byte> length = stackalloc byte[SafetensorsHeader.LengthSize];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        destination.Write(length);
        destination.Write(header);
        foreach (var tensor in tensors)
        {
            Write(destination, tensor);
        }
    }

    private static byte[] Header(IReadOnlyList<SafetensorsEntry> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new Dictionary<string, object>(StringComparer.Ordinal) { ["__metadata__"] = metadata };
        var offset = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Values.Length != tensor.Shape.Aggregate(1L, (size, dimension) => size * dimension))
            {
                throw new ArgumentException(
                    $"tensor '{tensor.Name}': {tensor.Values.Length} elements found, expected those of "
                        + $"[{string.Join(", ", tensor.Shape)}].",
                    nameof(tensors)
                );
            }

            var type = tensor.IsHalf ? "F16" : "F32";
            var end = offset + ((long)tensor.Values.Length * SafetensorsHeader.ElementSize(type));
            header.Add(
                tensor.Name,
                new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["dtype"] = type,
                    ["shape"] = tensor.Shape,
                    ["data_offsets"] = new[] { offset, end },
                }
            );
            offset = end;
        }

        var json = JsonSerializer.Serialize(header);
        var bytes = Encoding.UTF8.GetByteCount(json);
        return Encoding.UTF8.GetBytes(json + new string(' ', (Alignment - (bytes % Alignment)) % Alignment));
    }

    private static void Write(Stream destination, SafetensorsEntry tensor)
    {
        if (!tensor.IsHalf)
        {
            destination.Write(MemoryMarshal.AsBytes(tensor.Values.Span));
            return;
        }

        var halves = new Half[tensor.Values.Length];
        TensorPrimitives.ConvertToHalf(tensor.Values.Span, halves);
        destination.Write(MemoryMarshal.AsBytes<Half>(halves));
    }
}
