using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.LongAttention.Tests.Unlimiformer;
using Decoder = McpLongContext.Inference.Decoders.Decoder;

namespace McpLongContext.LongAttention.Tests.InfiniAttention;

public sealed class InfiniAdapterTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
    private readonly Decoder _model = TinyModel.Load("linear");

    public void Dispose()
    {
        _model.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void An_adapter_says_how_it_was_trained()
    {
        var golden = InfiniGolden.Read("lora");
        var adapter = InfiniAdapter.Load(golden.AdapterPath, _model.Config, InfiniGolden.ModelHash);
        Assert.Equal(UpdateRule.Delta, adapter.Rule);
        Assert.Equal(5, adapter.SegmentTokens);
        Assert.Equal(8, adapter.Changes.Count);
        Assert.False(adapter.Gates.AreClosed);
        Assert.Equal(64, adapter.Identity.Length);
        var none = InfiniAdapter.None(_model.Config);
        Assert.True(none.Gates.AreClosed);
        Assert.Equal(_model.Config.ContextLength, none.SegmentTokens);
        Assert.Same(_model, none.Apply(_model));
    }

    [Fact]
    public void One_for_another_model_is_refused()
    {
        var error = Assert.Throws<CheckpointException>(() =>
            InfiniAdapter.Load(InfiniGolden.Read("lora").AdapterPath, _model.Config, "ff")
        );
        Assert.Contains("'ff': the adapter is for another model", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("format", "gguf", "metadata 'format': 'gguf' found, expected 'infini-attention 1'")]
    [InlineData("update_rule", "sum", "metadata 'update_rule': 'sum' found, expected 'linear' or 'delta'")]
    [InlineData("segment_tokens", "65", "metadata 'segment_tokens': '65' found, expected 1 to 64")]
    [InlineData("segment_tokens", "-1", "metadata 'segment_tokens': '-1' found, expected 1 to 64")]
    [InlineData("segment_tokens", null, "metadata 'segment_tokens': nothing found, expected 1 to 64")]
    public void Metadata_that_is_wrong_is_named(string key, string? value, string message)
    {
        Write(
            new float[8],
            header =>
            {
                if (value is null)
                {
                    ((JsonObject)header["__metadata__"]!).Remove(key);
                }
                else
                {
                    header["__metadata__"]![key] = value;
                }
            }
        );
        AssertRefused(message);
    }

    [Fact]
    public void Gates_of_another_shape_are_named()
    {
        Write(new float[8], header => header["gates"]!["shape"] = new JsonArray(4, 2));
        AssertRefused("tensor 'gates': F32[4, 2] found, expected [2, 4]");
    }

    [Fact]
    public void A_gate_that_is_no_number_is_named()
    {
        Write([0, 0, 0, 0, 0, float.NaN, 0, 0], _ => { });
        AssertRefused("tensor 'gates': NaN found at [1, 1]");
    }

    [Fact]
    public void A_tensor_that_has_no_place_is_refused()
    {
        Write(
            new float[16],
            header =>
            {
                header["gates"]!["data_offsets"] = new JsonArray(0, 32);
                header["layers.2.q.a"] = JsonNode.Parse("""{"dtype":"F32","shape":[1,8],"data_offsets":[32,64]}""");
            }
        );
        AssertRefused("2 tensors found, expected 1");
    }

    [Fact]
    public void Low_rank_weights_that_do_not_fit_are_named()
    {
        Write(
            new float[16],
            header =>
            {
                header["gates"]!["data_offsets"] = new JsonArray(0, 32);
                header["layers.1.v.a"] = JsonNode.Parse("""{"dtype":"F32","shape":[1,8],"data_offsets":[32,64]}""");
            }
        );
        AssertRefused("tensor 'layers.1.v.a': F32[1, 8] found, expected [1, 16]");
    }

    [Fact]
    public void A_file_that_is_cut_is_refused()
    {
        Write(new float[8], _ => { });
        File.WriteAllBytes(_path, File.ReadAllBytes(_path)[..^1]);
        AssertRefused("gates");
    }

    private void AssertRefused(string message)
    {
        var error = Assert.Throws<CheckpointException>(() =>
            InfiniAdapter.Load(_path, _model.Config, InfiniGolden.ModelHash)
        );
        Assert.StartsWith(_path, error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private void Write(float[] data, Action<JsonNode> change)
    {
        var header = JsonNode.Parse(
            $$$"""
            {"__metadata__": {"format": "infini-attention 1", "model": "{{{InfiniGolden.ModelHash}}}",
             "update_rule": "linear", "segment_tokens": "64"},
             "gates": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]}}
            """
        )!;
        change(header);
        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        File.WriteAllBytes(_path, [.. length, .. json, .. MemoryMarshal.AsBytes<float>(data)]);
    }
}
