using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tests.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Reads_every_numeric_type_as_fp32()
    {
        byte[] data =
        [
            .. Bytes<float>(1.5f, -2f),
            .. Bytes<Half>((Half)0.25f, Half.MaxValue),
            .. Bytes<ushort>(0x3FC0, 0xC000),
            .. Bytes<double>(1e-3, -7),
            .. Bytes<long>(511, -1),
            .. Bytes<int>(3, -4),
            .. Bytes<byte>(200, 1),
        ];
        Write(
            """
            {"f32":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
             "f16":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},
             "bf16":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]},
             "f64":{"dtype":"F64","shape":[2],"data_offsets":[16,32]},
             "i64":{"dtype":"I64","shape":[1,2],"data_offsets":[32,48]},
             "i32":{"dtype":"I32","shape":[2],"data_offsets":[48,56]},
             "u8":{"dtype":"U8","shape":[2],"data_offsets":[56,58]},
             "__metadata__":{"format":"pt"}}
            """,
            data
        );
        using var file = SafetensorsFile.Open(_path);

        Assert.Equal(7, file.Tensors.Count);
        Assert.Equal([1.5f, -2f], file.Read("f32", 2));
        Assert.Equal([0.25f, 65504f], file.Read("f16", 2));
        Assert.Equal([1.5f, -2f], file.Read("bf16", 2));
        Assert.Equal([1e-3f, -7f], file.Read("f64", 2));
        Assert.Equal([511f, -1f], file.Read("i64", 1, 2));
        Assert.Equal([3f, -4f], file.Read("i32", 2));
        Assert.Equal([200f, 1f], file.Read("u8", 2));
    }

    [Fact]
    public void Reads_a_tensor_larger_than_a_conversion_chunk()
    {
        var values = Enumerable.Range(0, 20_001).Select(i => (Half)(i % 2048)).ToArray();
        Write(
            """{"w":{"dtype":"F16","shape":[20001],"data_offsets":[0,40002]}}""",
            MemoryMarshal.AsBytes<Half>(values)
        );
        using var file = SafetensorsFile.Open(_path);

        Assert.Equal(values.Select(v => (float)v), file.Read("w", 20_001));
    }

    [Fact]
    public void A_scalar_and_an_empty_tensor_are_tensors()
    {
        Write(
            """
            {"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
             "empty":{"dtype":"F32","shape":[0,3],"data_offsets":[4,4]}}
            """,
            Bytes(7f)
        );
        using var file = SafetensorsFile.Open(_path);

        Assert.Equal([7f], file.Read("scalar"));
        Assert.Empty(file.Read("empty", 0, 3));
    }

    [Theory]
    [InlineData("[]", "expected an object")]
    [InlineData("{\"w\":", "not the JSON")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not the JSON")]
    [InlineData("""{"w":1}""", "tensor 'w': 1 found")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2]}}""", "data_offsets")]
    [InlineData("""{"w":{"dtype":"F12","shape":[2],"data_offsets":[0,8]}}""", "dtype \"F12\" found")]
    [InlineData("""{"w":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", "dtype 7 found")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "shape [-2] found")]
    [InlineData("""{"w":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "shape 2 found")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", "shape [1.5] found")]
    [InlineData("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "8 bytes of data found")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "data_offsets [8, 0]")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "data_offsets [0]")]
    [InlineData("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "within the 8 bytes")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "bytes found, expected")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "begins at byte")]
    [InlineData(
        """{"w":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}}""",
        "8 bytes of data found"
    )]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}""", "within the 8 bytes")]
    [InlineData(
        """{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"v":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        "tensor 'v': begins at byte"
    )]
    [InlineData(
        """{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "not the JSON"
    )]
    public void A_header_that_lies_is_rejected_by_name(string header, string message)
    {
        Write(header, new byte[8]);

        var e = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_path));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.StartsWith(_path, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(100_000_001)]
    [InlineData(ulong.MaxValue)]
    public void A_header_length_that_does_not_fit_the_file_is_rejected(ulong length)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(_path, bytes);

        var e = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_path));

        Assert.Contains($"header of {length} bytes found, expected 2 to 8", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_file_shorter_than_the_length_field_is_rejected(int size)
    {
        File.WriteAllBytes(_path, new byte[size]);

        var e = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_path));

        Assert.Contains("too short", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var e = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_path));

        Assert.Contains(_path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_is_missing_or_of_another_shape_or_unreadable_is_named()
    {
        Write(
            """
            {"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
             "f8":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[8,12]}}
            """,
            new byte[12]
        );
        using var file = SafetensorsFile.Open(_path);

        var missing = Assert.Throws<CheckpointException>(() => file.Read("v", 2));
        var shape = Assert.Throws<CheckpointException>(() => file.Read("w", 1, 2));
        var type = Assert.Throws<CheckpointException>(() => file.Read("f8", 4));

        Assert.Contains("tensor 'v': not found", missing.Message, StringComparison.Ordinal);
        Assert.Contains("tensor 'w': F32[2, 1] found, expected [1, 2]", shape.Message, StringComparison.Ordinal);
        Assert.Contains("tensor 'f8': F8_E4M3 found", type.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => file.Read("w", new float[3], 2, 1));
    }

    [Fact]
    public void Random_damage_to_a_header_never_gets_past_the_checks()
    {
        const string Header =
            """{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"v":{"dtype":"F16","shape":[2,2],"data_offsets":[8,16]}}""";
        var random = new Random(5);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(Header);
            for (var i = 0; i <= round % 3; i++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
            }

            Write(Encoding.UTF8.GetString(bytes), new byte[16]);
            try
            {
                using var file = SafetensorsFile.Open(_path);
                Assert.Equal(16, file.Tensors.Values.Sum(t => t.ByteCount));
            }
            catch (CheckpointException)
            {
                // The expected end of most damaged headers.
            }
        }
    }

    private void Write(string header, ReadOnlySpan<byte> data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        using var stream = File.Create(_path);
        stream.Write(BitConverter.GetBytes((ulong)json.Length));
        stream.Write(json);
        stream.Write(data);
    }

    private static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
