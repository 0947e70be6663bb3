using System.Text.Json.Nodes;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.EncoderDecoders;

/// <summary>The folders that are read, and the message for those that are not.</summary>
public sealed class EncoderDecoderLoadingTests : IDisposable
{
    private readonly EncoderDecoderFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bart", "model.", "")]
    [InlineData("bart", "model.shared.", "model.encoder.embed_tokens.")]
    [InlineData("t5", "shared.", "encoder.embed_tokens.")]
    public void The_names_that_published_files_have_are_read(string name, string found, string replacement)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var usual = _folder.Write(golden).Load();
        using var other = new EncoderDecoderFolder();
        using var renamed = other
            .Write(golden, tensor => tensor.Replace(found, replacement, StringComparison.Ordinal))
            .Load();

        Assert.Equal(Encode(usual, golden), Encode(renamed, golden));
    }

    [Theory]
    [InlineData("longt5", "LongT5 has local and transient-global attention of its own, which is not supported")]
    [InlineData("led", "LED and PRIMERA have windowed attention of their own, which is not supported")]
    [InlineData("mbart", "mBART has norms before each sublayer and language codes")]
    [InlineData("llama", "model_type: llama found, expected t5, mt5 or bart")]
    public void Other_architectures_are_refused_by_name(string modelType, string message) =>
        AssertRefused("bart", config => config["model_type"] = modelType, message);

    [Theory]
    [InlineData(
        "t5",
        "feed_forward_proj",
        "gated-silu",
        "feed_forward_proj: gated-silu found, expected relu or gated-gelu"
    )]
    [InlineData("t5", "d_kv", 0, "d_kv: 0 found, expected 1 to 1048576")]
    [InlineData("t5", "relative_attention_num_buckets", 7, "expected an even number of 4 or more")]
    [InlineData("t5", "relative_attention_max_distance", 4, "expected more than half of the buckets, 4")]
    [InlineData("t5", "eos_token_id", 48, "eos_token_id: 48 found, expected 0 to 47, below vocab_size")]
    [InlineData("t5", "num_layers", 1, "which is no part of a 't5' model as it is supported here")]
    [InlineData("t5", "num_layers", 3, "tensor 'encoder.block.2.layer.0.layer_norm.weight': not found")]
    [InlineData("t5", "vocab_size", 40, "expected [40, 24]")]
    [InlineData("t5", "is_encoder_decoder", false, "is_encoder_decoder: False found, expected true")]
    [InlineData(
        "bart",
        "encoder_attention_heads",
        3,
        "encoder_attention_heads: 3 found, expected a divisor of d_model, 32"
    )]
    [InlineData("bart", "activation_function", "silu", "activation_function: silu found, expected gelu or relu")]
    [InlineData("bart", "normalize_before", true, "expected false, as in the published models of the family")]
    [InlineData("bart", "max_position_embeddings", 32, "expected [34, 32]")]
    public void What_cannot_be_used_is_refused_with_field_value_and_remedy(
        string name,
        string field,
        object value,
        string message
    ) => AssertRefused(name, config => config[field] = JsonValue.Create(value), message);

    [Fact]
    public void A_pickle_is_refused_with_the_remedy()
    {
        TinyEncoderDecoder.Of("t5").Write(_folder.FullName);
        File.Move(_folder["model.safetensors"], _folder["pytorch_model.bin"]);

        var error = Assert.Throws<CheckpointException>(() => _folder.Load());

        Assert.Contains("pytorch_model.bin is a pickle", error.Message, StringComparison.Ordinal);
        Assert.Contains("safe_serialization=True", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_used_is_named()
    {
        var golden = TinyEncoderDecoder.Of("t5");
        golden.Write(_folder.FullName);
        Change(golden, config => config["a_field_of_tomorrow"] = 1);

        using var model = _folder.Load();

        Assert.StartsWith(
            "a_field_of_tomorrow: 1 is not used",
            Assert.Single(model.Warnings),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_publishers_recommend_is_read_from_all_files()
    {
        File.WriteAllText(
            _folder["config.json"],
            """
            {"num_beams":2,"length_penalty":2.0,"max_length":62,"force_bos_token_to_be_generated":true,"bos_token_id":0,
             "task_specific_params":{"summarization":{"prefix":"summarize: ","min_length":30,"num_beams":5}}}
            """
        );
        File.WriteAllText(
            _folder["generation_config.json"],
            """{"max_length":142,"num_beams":3,"early_stopping":true}"""
        );

        var settings = BeamSettings.Read(_folder.FullName);

        Assert.Equal(
            new BeamSettings
            {
                Beams = 5,
                LengthPenalty = 2,
                MinLength = 30,
                MaxLength = 142,
                EarlyStopping = true,
                ForcedBegin = 0,
                Prefix = "summarize: ",
            },
            settings
        );
    }

    [Theory]
    [InlineData("forced_bos_token_id", 9)]
    [InlineData("forced_eos_token_id", -1)]
    public void A_forced_token_that_the_model_does_not_have_is_named(string field, int token)
    {
        File.WriteAllText(_folder["config.json"], $$"""{"vocab_size":9,"{{field}}":{{token}}}""");

        var error = Assert.Throws<CheckpointException>(() => BeamSettings.Read(_folder.FullName));

        Assert.Contains(
            $"{field}: {token} found, expected 0 to 8, below vocab_size",
            error.Message,
            StringComparison.Ordinal
        );
    }

    private void AssertRefused(string name, Action<JsonObject> change, string message)
    {
        var golden = TinyEncoderDecoder.Of(name);
        golden.Write(_folder.FullName);
        Change(golden, change);

        var error = Assert.Throws<CheckpointException>(() => _folder.Load());

        Assert.Contains(message, error.Message, StringComparison.OrdinalIgnoreCase);
    }

    private void Change(TinyEncoderDecoder golden, Action<JsonObject> change)
    {
        var config = golden.Config.DeepClone().AsObject();
        change(config);
        File.WriteAllText(_folder["config.json"], config.ToJsonString());
    }

    private static float[] Encode(EncoderDecoder model, TinyEncoderDecoder golden)
    {
        using var encoder = model.CreateEncoder(threads: 1);
        var states = new float[golden.Source.Length * model.Config.HiddenSize];
        encoder.Encode(golden.Source, states);
        return states;
    }
}
