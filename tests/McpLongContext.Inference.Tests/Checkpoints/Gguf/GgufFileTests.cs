using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using static McpLongContext.Inference.Tests.Checkpoints.Gguf.GgufBuilder;

namespace McpLongContext.Inference.Tests.Checkpoints.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private const uint F32 = 0;
    private const uint Q4K = 12;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.gguf");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Metadata_reads_as_the_type_that_is_asked_for(uint version)
    {
        using var file = Open(
            new GgufBuilder { Version = version }
                .Text("general.architecture", "llama")
                .Pair("u8", 0, 200)
                .Pair("i8", 1, 0xFF)
                .Pair("u16", 2, Bytes<ushort>(65_000))
                .Pair("i16", 3, Bytes<short>(-3))
                .Pair("u32", 4, Bytes(2048u))
                .Pair("i32", 5, Bytes(-7))
                .Pair("f32", 6, Bytes(1e-5f))
                .Pair("yes", 7, 1)
                .Pair("no", 7, 0)
                .Pair("u64", 10, Bytes(ulong.MaxValue))
                .Pair("i64", 11, Bytes(-9L))
                .Pair("f64", 12, Bytes(0.25))
        );

        var metadata = file.Metadata;
        Assert.Equal((int)version, file.Version);
        Assert.Equal(13, metadata.Keys.Count);
        Assert.Equal("llama", metadata.GetString("general.architecture"));
        Assert.Equal(
            [200, -1, 65_000, -3, 2048, -7, -9],
            new[] { "u8", "i8", "u16", "i16", "u32", "i32", "i64" }.Select(metadata.GetInt32)
        );
        Assert.Equal([1e-5f, 0.25, 2048], new[] { "f32", "f64", "u32" }.Select(metadata.GetDouble));
        Assert.Equal([true, false], new[] { "yes", "no" }.Select(metadata.FindBoolean).OfType<bool>());
        AssertWrong("metadata 'u64': 18446744073709551615 found", () => metadata.GetInt32("u64"));
        AssertWrong("metadata 'u32': the number 2048 found, expected a string", () => metadata.GetString("u32"));
        AssertWrong("metadata 'yes': true found, expected an integer", () => metadata.GetInt32("yes"));
        AssertWrong("metadata 'f32': the number 9.99", () => metadata.GetInt32("f32"));
        AssertWrong("metadata 'missing': nothing found, expected a number", () => metadata.GetDouble("missing"));
        Assert.Null(metadata.FindString("missing"));
        Assert.Null(metadata.FindInt32("missing"));
        Assert.Null(metadata.FindStrings("missing"));
        Assert.False(metadata.Contains("missing"));
    }

    [Fact]
    public void Arrays_read_as_lists()
    {
        using var file = Open(
            new GgufBuilder()
                .Array("tokens", 8, 3, [.. Text("<s>"), .. Text("▁the"), .. Text("")])
                .Array("scores", 6, 2, Bytes(-1.5f, 0f))
                .Array("types", 5, 3, Bytes(1, 3, 6))
                .Array("bytes", 0, 2, [7, 255])
                .Array("flags", 7, 2, [0, 1])
                .Array("big", 4, 2, Bytes(1u, uint.MaxValue))
                .Array("none", 8, 0, [])
        );

        var metadata = file.Metadata;
        Assert.Equal(["<s>", "▁the", ""], metadata.GetStrings("tokens"));
        Assert.Equal([-1.5f, 0f], metadata.FindSingles("scores"));
        Assert.Equal([1, 3, 6], metadata.FindInt32s("types"));
        Assert.Equal([7, 255], metadata.FindInt32s("bytes"));
        Assert.Equal([false, true], metadata.FindBooleans("flags"));
        Assert.Empty(metadata.FindInt32s("none")!);
        AssertWrong("metadata 'big': an array of 2 Int64 found", () => metadata.FindInt32s("big"));
        AssertWrong("metadata 'types': an array of 3 Int32 found", () => metadata.FindSingles("types"));
        AssertWrong("metadata 'tokens': an array of 3 String", () => metadata.GetString("tokens"));
    }

    [Fact]
    public void Tensors_are_found_with_their_shape_row_major_and_their_bytes()
    {
        using var file = Open(
            new GgufBuilder { Alignment = 64 }
                .Pair("general.alignment", 4, Bytes(64u))
                .Tensor("norm", F32, [3], Bytes(1f, 2f, 3f))
                .Tensor("weight", Q4K, [256, 2], [.. Enumerable.Range(0, 288).Select(i => (byte)(i % 200))])
        );

        Assert.Equal(["norm", "weight"], file.Tensors.Keys);
        var norm = file.Tensors["norm"];
        Assert.Equal("F32[3]", norm.ToString());
        Assert.Equal(Bytes(1f, 2f, 3f), file.Bytes(norm, 0, 12).ToArray());
        var weight = file.Tensors["weight"];
        Assert.Equal("Q4_K[2, 256]", weight.ToString());
        Assert.Equal((288, 512, 256, 144), (weight.ByteCount, weight.ElementCount, weight.RowLength, weight.RowBytes));
        Assert.Equal(0, weight.Offset % 64);
        Assert.Equal([144, 145], file.Bytes(weight, 144, 2).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(weight, 287, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(weight, -1, 1).Length);
    }

    [Fact]
    public void What_is_no_gguf_of_a_known_version_is_named()
    {
        AssertRejected("not a GGUF file", new GgufBuilder { Magic = 0x12345678 });
        AssertRejected("GGUF version 1 found, expected 2 or 3", new GgufBuilder { Version = 1 });
        AssertRejected("GGUF version 4 found, expected 2 or 3", new GgufBuilder { Version = 4 });
        AssertRejected("big-endian", new GgufBuilder { Version = 3 << 24 });
        AssertRejected("cannot be read", () => GgufFile.Open(_path + ".missing"));
        File.WriteAllBytes(_path, []);
        AssertRejected("is empty", () => GgufFile.Open(_path));
    }

    [Fact]
    public void A_file_cut_anywhere_is_rejected()
    {
        var whole = new GgufBuilder()
            .Text("general.architecture", "llama")
            .Array("tokens", 8, 2, [.. Text("a"), .. Text("b")])
            .Array("numbers", 11, 2, Bytes(1L, 2L))
            .Tensor("norm", F32, [3], Bytes(1f, 2f, 3f))
            .Build();
        for (var length = 1; length < whole.Length; length++)
        {
            File.WriteAllBytes(_path, whole[..length]);
            AssertRejected(_path, () => GgufFile.Open(_path));
        }
    }

    [Fact]
    public void Counts_that_lie_are_rejected_before_anything_is_allocated()
    {
        AssertRejected("the number of tensors: 18446744073709551615", new GgufBuilder { TensorCount = ulong.MaxValue });
        AssertRejected("the number of metadata pairs: 1000000000", new GgufBuilder { PairCount = 1_000_000_000 });
        AssertRejected("the length of metadata 'a': 4611686018427387904", Array(10, 1UL << 62));
        AssertRejected("the length of metadata 'a': 2000000000", Array(8, 2_000_000_000));
        AssertRejected("the length of metadata 'a': 1099511627776", new GgufBuilder().Pair("a", 8, Bytes(1UL << 40)));

        static GgufBuilder Array(uint type, ulong count) => new GgufBuilder().Array("a", type, count, new byte[64]);
    }

    [Fact]
    public void Values_of_a_wrong_kind_are_named()
    {
        AssertRejected("metadata 'a': value type 13 found", new GgufBuilder().Pair("a", 13, 1));
        AssertRejected("metadata 'a': element type 77 found", new GgufBuilder().Array("a", 77, 0, []));
        AssertRejected("metadata 'a': an array of arrays", new GgufBuilder().Array("a", 9, 0, []));
        AssertRejected("metadata 'a': 2 found, expected a bool", new GgufBuilder().Pair("a", 7, 2));
        AssertRejected("metadata 'a' found twice", new GgufBuilder().Pair("a", 7, 1).Pair("a", 7, 1));
        AssertRejected("'general.alignment': 24", new GgufBuilder().Pair("general.alignment", 4, Bytes(24u)));
    }

    [Fact]
    public void Tensors_that_do_not_fit_the_file_are_named()
    {
        AssertRejected(
            "tensor 't' found twice",
            Tensor("s").Tensor("t", F32, [1], new byte[4]).Tensor("t", F32, [1], new byte[4])
        );
        AssertRejected(
            "type number 4 found, which is unknown here",
            new GgufBuilder().Tensor("t", 4, [32], new byte[32])
        );
        AssertRejected("0 dimensions found", new GgufBuilder().Tensor("t", F32, [], new byte[32]));
        AssertRejected("5 dimensions found", new GgufBuilder().Tensor("t", F32, [1, 1, 1, 1, 1], new byte[32]));
        AssertRejected("dimension 0 found", new GgufBuilder().Tensor("t", F32, [4, 0], new byte[32]));
        AssertRejected("rows of 255 elements found", new GgufBuilder().Tensor("t", Q4K, [255, 2], new byte[288]));
        AssertRejected("truncated or damaged", new GgufBuilder().Tensor("t", F32, [9], new byte[32]));
        AssertRejected("truncated or damaged", Tensor("t", 64));
        AssertRejected("truncated or damaged", Tensor("t", ulong.MaxValue - 31));
        AssertRejected("offset 1 is no multiple of 32", Tensor("t", 1));
        AssertRejected(
            "bytes at 0 found in a file of",
            new GgufBuilder().Tensor("t", F32, [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue], new byte[32])
        );

        static GgufBuilder Tensor(string name, ulong? offset = null) =>
            new GgufBuilder().Tensor(name, F32, [2], new byte[32], offset);
    }

    private GgufFile Open(GgufBuilder builder)
    {
        File.WriteAllBytes(_path, builder.Build());
        return GgufFile.Open(_path);
    }

    private void AssertRejected(string message, GgufBuilder builder) => AssertRejected(message, () => Open(builder));

    private static void AssertRejected(string message, Func<GgufFile> open)
    {
        var e = Assert.Throws<CheckpointException>(() => open().Dispose());
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private static void AssertWrong(string message, Func<object?> read)
    {
        var e = Assert.Throws<CheckpointException>(read);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }
}
