using System.Buffers.Binary;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Checkpoints.Gguf.Blocks;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tests.Checkpoints.Gguf;
using McpLongContext.Inference.Tests.Llama.Families;

namespace McpLongContext.Inference.Tests.Checkpoints;

/// <summary>Weights that are not finite are found when they are read, in every precision, and named with their position.</summary>
public sealed class FiniteWeightsTests : IDisposable
{
    private const string Model = "llama-dynamic";

    private readonly FamilyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Types of blocks, and where one of their scales stands.</summary>
    public static TheoryData<string, int> Blocks() =>
        new()
        {
            { "F32", 0 },
            { "F16", 0 },
            { "BF16", 0 },
            { "Q4_0", 0 },
            { "Q4_1", 2 },
            { "Q5_0", 0 },
            { "Q5_1", 2 },
            { "Q8_0", 0 },
            { "Q2_K", 80 },
            { "Q3_K", 108 },
            { "Q4_K", 2 },
            { "Q5_K", 0 },
            { "Q6_K", 208 },
            { "IQ2_XXS", 0 },
            { "IQ4_NL", 0 },
            { "IQ4_XS", 0 },
        };

    [Fact]
    public void Every_type_that_can_be_decoded_is_tried() =>
        Assert.Equal(BlockDecoder.Supported.Order(), Blocks().Select(row => row.Data.Item1).Order());

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_of_any_type_is_checked(string name, int scaleAt)
    {
        var type = Enumerable.Range(0, 64).Select(id => GgufType.Find((uint)id)).First(type => type?.Name == name)!;
        const int Columns = 512;
        var rowBytes = Columns / type.BlockElements * type.BlockBytes;
        var data = new byte[3 * rowBytes];
        // Quants and inner scales of 1 rather than 0, which would leave infinities as NaN.
        data.AsSpan().Fill(name is "F32" or "F16" or "BF16" ? (byte)0 : (byte)0x11);
        var last = data.AsSpan(2 * rowBytes + ((Columns / type.BlockElements) - 1) * type.BlockBytes);
        if (name is "F32")
        {
            BinaryPrimitives.WriteSingleLittleEndian(last[scaleAt..], float.NaN);
        }
        else if (name is "BF16")
        {
            BinaryPrimitives.WriteUInt16LittleEndian(last[scaleAt..], 0x7FC0);
        }
        else
        {
            BinaryPrimitives.WriteHalfLittleEndian(last[scaleAt..], Half.NaN);
        }

        File.WriteAllBytes(
            _folder["x.gguf"],
            new GgufBuilder().Tensor("some.weight", type.Id, [Columns, 3], data).Build()
        );
        using var file = GgufFile.Open(_folder["x.gguf"]);
        var tensors = new GgufTensors(file);
        tensors.ReadRows("some.weight", 0, new float[2 * Columns]);

        var refusal = Assert.Throws<CheckpointException>(() =>
            tensors.ReadRows("some.weight", 1, new float[2 * Columns])
        );
        Assert.Contains("tensor 'some.weight': NaN found at [2, ", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.layers.1.mlp.down_proj.weight", float.NaN, "NaN found at [1, 3]")]
    [InlineData("model.layers.0.self_attn.q_proj.weight", float.PositiveInfinity, "Infinity found at [1, 3]")]
    [InlineData("model.embed_tokens.weight", float.NegativeInfinity, "-Infinity found at [1, 3]")]
    [InlineData("lm_head.weight", float.NaN, "NaN found at [1, 3]")]
    [InlineData("model.norm.weight", float.NaN, "NaN found at [27]")]
    public void Any_tensor_of_a_model_is_checked_in_every_arithmetic(string name, float value, string message)
    {
        var config = FamilyGolden.ConfigOf(Model);
        var tensors = FamilyFolder.Named(FamilyShape.Of(config));
        var (_, shape, values) = tensors.Single(tensor => tensor.Name == name);
        values[shape.Length == 1 ? 27 : shape[1] + 3] = value;
        _folder.Configure(config);
        FamilyFolder.WriteSafetensors(_folder["model.safetensors"], tensors);

        foreach (var precision in Enum.GetValues<Precision>())
        {
            var cache = new WeightCache(_folder[WeightCache.Name], "content");
            var refusal = Assert.Throws<CheckpointException>(() =>
                Decoder.Load(_folder.FullName, precision, threads: 2, cache).Dispose()
            );
            Assert.Contains($"tensor '{name}': {message}", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_finite_weights_compute_may_not_be_finite_and_is_then_named()
    {
        var config = FamilyGolden.ConfigOf(Model);
        var tensors = FamilyFolder.Named(FamilyShape.Of(config));
        tensors.Single(tensor => tensor.Name == "model.norm.weight").Values.AsSpan().Fill(3e38f);
        _folder.Configure(config);
        FamilyFolder.WriteSafetensors(_folder["model.safetensors"], tensors);

        var refusal = Assert.Throws<ModelException>(() => _folder.Measure(FamilyGolden.Tokens));
        Assert.Contains("logits that are not finite", refusal.Message, StringComparison.Ordinal);
    }
}
