using System.Text;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Tests.Checkpoints.Gguf;
using Decoder = McpLongContext.Inference.Decoders.Decoder;

namespace McpLongContext.Inference.Tests.Llama;

/// <summary>A model that cannot be loaded is named, with the fault that was found and the remedy.</summary>
public sealed class LlamaLoadingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("llama-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(
        "\"llama\"",
        "\"mamba\"",
        "model_type: mamba found, expected one of llama, mistral, qwen2, qwen3, granite"
    )]
    [InlineData("\"silu\"", "\"gelu\"", "hidden_act: gelu found, expected silu")]
    [InlineData("\"hidden_size\": 16", "\"hidden_size\": 0", "hidden size: 0 found, expected 1 to")]
    [InlineData("\"hidden_size\": 16", "\"hidden_size\": 99999999", "hidden size: 99999999 found")]
    [InlineData("\"num_attention_heads\": 4", "\"num_attention_heads\": 3", "key/value heads: 2 found")]
    [InlineData("\"num_attention_heads\": 4", "\"num_attention_heads\": 0", "heads: 0 found")]
    [InlineData("\"head_dim\": 12", "\"head_dim\": 13", "head width: 13 found, expected an even number")]
    [InlineData("\"head_dim\": 12", "\"head_dim\": 14", "[48, 16] found, expected [56, 16]")]
    [InlineData("\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 0", "epsilon of the RMS norm: 0 found")]
    [InlineData("\"rope_theta\": 100.0", "\"rope_theta\": -1", "rotary base: -1 found")]
    [InlineData("\"factor\": 4.0", "\"factor\": 0", "rope_scaling.factor: 0 found, expected a positive number")]
    [InlineData(
        "\"yarn\"",
        "\"longrope\"",
        "rope_scaling.rope_type: longrope found, expected default, linear, dynamic, llama3 or yarn"
    )]
    [InlineData("\"vocab_size\": 40", "\"vocab_size\": 41", "F32[40, 16] found, expected [41, 16]")]
    [InlineData(
        "\"num_hidden_layers\": 2",
        "\"num_hidden_layers\": 3",
        "'model.layers.2.self_attn.q_proj.weight': not found"
    )]
    [InlineData(
        "\"num_hidden_layers\": 2",
        "\"num_hidden_layers\": 1",
        "tensor 'model.layers.1.input_layernorm.weight' found, which is no part of a 'llama' model"
    )]
    [InlineData(
        "\"num_hidden_layers\": 2",
        "\"attention_bias\": true, \"num_hidden_layers\": 2",
        "q_proj.bias': not found"
    )]
    [InlineData("\"vocab_size\": 40", "\"vocab_size\": 40, \"mlp_bias\": true", "gate_proj.bias': not found")]
    [InlineData("\"vocab_size\": 40", "\"vocab_size\": \"many\"", "vocab_size: many found, expected an integer")]
    [InlineData("\"vocab_size\": 40", "\"vocab_size\": 40.5", "vocab_size: 40.5 found, expected an integer")]
    public void A_configuration_that_does_not_fit_is_rejected(string found, string replacement, string message)
    {
        Copy("yarn", "config.json", "model.safetensors");
        var config = File.ReadAllText(PathOf("config.json"));
        Assert.Contains(found, config, StringComparison.Ordinal);
        File.WriteAllText(PathOf("config.json"), config.Replace(found, replacement, StringComparison.Ordinal));

        AssertRejected(message);
    }

    [Fact]
    public void Files_that_are_missing_or_too_many_are_named()
    {
        AssertRejected("0 files found, expected one .gguf or .bin file, or config.json and .safetensors files");
        AssertRejected("not found", PathOf("nothing.gguf2"));
        Copy("llama", "config.json");
        AssertRejected("0 .safetensors files found, expected one");
        Copy("llama", "model.safetensors");
        File.Copy(PathOf("model.safetensors"), PathOf("other.safetensors"));
        AssertRejected("2 .safetensors files found, expected one, or several with model.safetensors.index.json");
    }

    [Theory]
    [InlineData("model-00002-of-00002", "model-00003-of-00002", "model-00003-of-00002.safetensors: cannot be read")]
    [InlineData("model-00002-of-00002", "../model-00002-of-00002", "expected a name without a folder")]
    [InlineData("weight_map", "weights", "cannot be read as an index of tensors")]
    [InlineData("\"model.norm.weight\"", "\"model.morn.weight\"", "tensor 'model.norm.weight': not found among")]
    public void An_index_that_does_not_fit_its_files_is_rejected(string found, string replacement, string message)
    {
        Copy(
            "qwen3",
            "config.json",
            "model.safetensors.index.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors"
        );
        var index = PathOf("model.safetensors.index.json");
        File.WriteAllText(index, File.ReadAllText(index).Replace(found, replacement, StringComparison.Ordinal));

        AssertRejected(message);
    }

    [Theory]
    [InlineData("general.architecture", "general.brchitecture", "metadata 'general.architecture': nothing found")]
    [InlineData("qwen2", "qwen9", "architecture 'qwen9' found, expected one of llama, granite, qwen2, qwen3")]
    [InlineData("qwen2.block_count", "qwen2.block_c0unt", "metadata 'qwen2.block_count': nothing found")]
    [InlineData("blk.1.ffn_up.weight", "blk.1.ffn_op.weight", "tensor 'blk.1.ffn_up.weight': not found among")]
    public void A_gguf_of_another_kind_is_rejected(string found, string replacement, string message)
    {
        Copy("qwen2", "qwen2.gguf");
        var bytes = File.ReadAllBytes(PathOf("qwen2.gguf"));
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(found));
        while (at >= 0)
        {
            Encoding.UTF8.GetBytes(replacement).CopyTo(bytes, at);
            at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(found));
        }

        File.WriteAllBytes(PathOf("qwen2.gguf"), bytes);

        AssertRejected(message);
    }

    [Fact]
    public void Experts_partial_rotation_and_unknown_types_are_rejected()
    {
        AssertRejected("'llama.expert_count': 8 found, expected 0, no experts", Model(("expert_count", 8)));
        AssertRejected("'llama.rope.dimension_count': 2 found, expected 4", Model(("rope.dimension_count", 2)));
        AssertRejected("'llama.attention.value_length': 8 found, expected 4", Model(("attention.value_length", 8)));
        AssertRejected(
            "tensor 'token_embd.weight': type IQ3_S found, expected one of BF16, F16, F32, IQ2_XXS",
            Model(("embedding_length", 256), ("attention.head_count", 64))
                .Tensor("token_embd.weight", 21, [256, 2], new byte[220])
        );

        static GgufBuilder Model(params (string Key, int Value)[] changes)
        {
            var builder = new GgufBuilder().Text("general.architecture", "llama");
            Dictionary<string, int> values = new(StringComparer.Ordinal)
            {
                ["vocab_size"] = 2,
                ["embedding_length"] = 8,
                ["attention.head_count"] = 2,
                ["block_count"] = 1,
                ["feed_forward_length"] = 8,
                ["context_length"] = 8,
            };
            foreach (var (key, value) in changes)
            {
                values[key] = value;
            }

            foreach (var (key, value) in values)
            {
                builder.Pair($"llama.{key}", 4, GgufBuilder.Bytes((uint)value));
            }

            return builder.Pair("llama.attention.layer_norm_rms_epsilon", 6, GgufBuilder.Bytes(1e-5f));
        }
    }

    [Theory]
    [InlineData(-4, "truncated, damaged or no llama2.c file")]
    [InlineData(4, "truncated, damaged or no llama2.c file")]
    public void A_llama2c_file_must_have_the_size_of_its_dimensions(int change, string message)
    {
        // dim 8, hidden 8, 1 layer, 2 heads, 2 kv heads, 3 tokens, window 4.
        const int Floats = (3 * 8) + 8 + (4 * 64) + 8 + (3 * 64) + 8 + (4 * 4);
        var header = GgufBuilder.Bytes(8, 8, 1, 2, 2, 3, 4);
        var path = PathOf("model.bin");
        File.WriteAllBytes(path, [.. header, .. new byte[Floats * sizeof(float)]]);
        using (var model = Decoder.Load(_folder.FullName))
        {
            Assert.Equal((3, 4), (model.Config.VocabularySize, model.Config.HeadDim));
        }

        File.WriteAllBytes(path, [.. header, .. new byte[(Floats * sizeof(float)) + change]]);
        AssertRejected(message);
        File.WriteAllBytes(path, header[..20]);
        AssertRejected("20 bytes found, too short for a llama2.c file");
        File.WriteAllBytes(path, GgufBuilder.Bytes(8, 8, 1, 3, 3, 3, 4));
        AssertRejected("width 8 and 3 heads found");
        File.WriteAllBytes(path, GgufBuilder.Bytes(1 << 20, 1 << 20, 1 << 20, 1, 1, 1 << 20, 1 << 30));
        AssertRejected("28 bytes found, expected");
    }

    private void AssertRejected(string message, GgufBuilder builder)
    {
        File.WriteAllBytes(PathOf("model.gguf"), builder.Build());
        AssertRejected(message);
    }

    private void AssertRejected(string message, string? path = null)
    {
        var e = Assert.Throws<CheckpointException>(() => Decoder.Load(path ?? _folder.FullName).Dispose());
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private void Copy(string model, params string[] names)
    {
        foreach (var name in names)
        {
            File.Copy(Path.Combine(Golden.PathOf($"tiny-llama/{model}"), name), PathOf(name));
        }
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
