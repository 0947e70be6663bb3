using System.Text.Json;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>
/// The header of a safetensors file: <c>u64 n, n bytes of JSON {name: {dtype, shape, data_offsets}}, data</c>.
/// Nothing in it is believed: sizes, offsets and shapes must agree with each other and with the file's length, and the
/// tensors must tile the data without hole or overlap, as the format demands.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>Size of the length field in front of the header.</summary>
    public const int LengthSize = sizeof(ulong);

    private const string MetadataName = "__metadata__";

    /// <summary>The format's own limit of a header, in bytes.</summary>
    private const long MaxHeaderSize = 100_000_000;

    private static readonly JsonDocumentOptions s_jsonOptions = new() { AllowDuplicateProperties = false };

    /// <summary>Bytes of an element, 0 for a type that the format does not know.</summary>
    public static int ElementSize(string elementType) =>
        elementType switch
        {
            "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" => 1,
            "U16" or "I16" or "F16" or "BF16" => 2,
            "U32" or "I32" or "F32" => 4,
            "U64" or "I64" or "F64" => 8,
            _ => 0,
        };

    /// <summary>Checks the length field against the file and returns the size of the JSON in bytes.</summary>
    public static int CheckSize(string file, ulong found, long fileLength)
    {
        var limit = Math.Min(MaxHeaderSize, fileLength - LengthSize);
        return found >= 2 && found <= (ulong)limit
            ? (int)found
            : throw new CheckpointException(file, $"header of {found} bytes found, expected 2 to {limit}");
    }

    /// <summary>Reads and validates the header.</summary>
    public static (Dictionary<string, TensorInfo> Tensors, Dictionary<string, string> Metadata) Parse(
        string file,
        ReadOnlyMemory<byte> json,
        long fileLength
    )
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_jsonOptions);
            var tensors = Parse(file, document.RootElement, dataStart: LengthSize + json.Length, fileLength);
            return (tensors, ParseMetadata(file, document.RootElement));
        }
        // InvalidOperationException: an escaped lone surrogate in a name passes the parser and fails as a string.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(file, $"header is not the JSON that was expected: {e.Message}", e);
        }
    }

    private static Dictionary<string, TensorInfo> Parse(string file, JsonElement root, long dataStart, long fileLength)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(file, $"header is a JSON {root.ValueKind}, expected an object");
        }

        var tensors = new Dictionary<string, TensorInfo>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (!property.NameEquals(MetadataName))
            {
                tensors.Add(property.Name, ParseTensor(file, property, dataStart, fileLength));
            }
        }

        CheckTiling(file, tensors, dataStart, fileLength);
        return tensors;
    }

    /// <summary>The format knows texts only here.</summary>
    private static Dictionary<string, string> ParseMetadata(string file, JsonElement root)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!root.TryGetProperty(MetadataName, out var entries))
        {
            return metadata;
        }

        if (entries.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(file, $"{MetadataName}: {Excerpt(entries)} found, expected an object");
        }

        foreach (var entry in entries.EnumerateObject())
        {
            if (entry.Value.ValueKind == JsonValueKind.String)
            {
                metadata.Add(entry.Name, entry.Value.GetString()!);
            }
        }

        return metadata;
    }

    private static TensorInfo ParseTensor(string file, JsonProperty property, long dataStart, long fileLength)
    {
        CheckpointException Wrong(string found, string expected) =>
            new(file, $"tensor '{property.Name}': {found} found, expected {expected}");

        var entry = property.Value;
        if (
            entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("dtype", out var dtype)
            || !entry.TryGetProperty("shape", out var dimensions)
            || !entry.TryGetProperty("data_offsets", out var offsets)
        )
        {
            throw Wrong(Excerpt(entry), "an object with dtype, shape and data_offsets");
        }

        var elementType = dtype.ValueKind == JsonValueKind.String ? dtype.GetString()! : "";
        var elementSize = ElementSize(elementType);
        if (elementSize == 0)
        {
            throw Wrong($"dtype {Excerpt(dtype)}", "one of the format's types, such as F32 or BF16");
        }

        var shape = Sizes(dimensions) ?? throw Wrong($"shape {Excerpt(dimensions)}", "a list of sizes");
        if (Sizes(offsets) is not [var begin, var end])
        {
            throw Wrong($"data_offsets {Excerpt(offsets)}", "two offsets");
        }

        if (begin > end || end > fileLength - dataStart)
        {
            throw Wrong(
                $"data_offsets [{begin}, {end}]",
                $"an ascending pair within the {fileLength - dataStart} bytes of data"
            );
        }

        if (ByteCount(shape, elementSize) is not { } byteCount || byteCount != end - begin)
        {
            throw Wrong(
                $"{end - begin} bytes of data",
                $"those of {elementType}[{string.Join(", ", shape)}], {elementSize} bytes an element"
            );
        }

        return new TensorInfo(elementType, shape, dataStart + begin, byteCount);
    }

    /// <summary>The element as a list of sizes, <see langword="null"/> when it is anything else.</summary>
    private static long[]? Sizes(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var sizes = new long[element.GetArrayLength()];
        var i = 0;
        foreach (var item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out sizes[i]) || sizes[i] < 0)
            {
                return null;
            }

            i++;
        }

        return sizes;
    }

    /// <summary>Size of a tensor, <see langword="null"/> on overflow.</summary>
    private static long? ByteCount(long[] shape, int elementSize)
    {
        try
        {
            return shape.Aggregate((long)elementSize, (size, dimension) => checked(size * dimension));
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static void CheckTiling(
        string file,
        Dictionary<string, TensorInfo> tensors,
        long dataStart,
        long fileLength
    )
    {
        var position = dataStart;
        foreach (var (name, tensor) in tensors.OrderBy(t => t.Value.Offset).ThenBy(t => t.Value.ByteCount))
        {
            if (tensor.Offset != position)
            {
                throw new CheckpointException(
                    file,
                    $"tensor '{name}': begins at byte {tensor.Offset}, expected {position}, where the one before it ends"
                );
            }

            position += tensor.ByteCount;
        }

        if (position != fileLength)
        {
            throw new CheckpointException(file, $"{fileLength} bytes found, expected {position} by its header");
        }
    }

    private static string Excerpt(JsonElement element)
    {
        const int MaxLength = 80;
        var text = element.GetRawText();
        return text.Length <= MaxLength ? text : text[..MaxLength] + "...";
    }
}
