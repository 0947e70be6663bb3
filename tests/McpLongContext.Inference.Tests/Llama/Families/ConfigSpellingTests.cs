using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>How a configuration may be written, and what is refused of it by its name.</summary>
public sealed class ConfigSpellingTests : IDisposable
{
    private const string Model = "llama-dynamic";

    private readonly FamilyFolder _folder = new();

    public ConfigSpellingTests() => _folder.Write(FamilyShape.Of(FamilyGolden.ConfigOf(Model)));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"max_position_embeddings\":160", "\"max_position_embeddings\":160.0")]
    [InlineData("\"max_position_embeddings\":160", "\"max_position_embeddings\":160,\"initializer_range\":NaN")]
    [InlineData("\"max_position_embeddings\":160", "\"max_position_embeddings\":160,\"x\":[-Infinity,\"\\\"NaN\"]")]
    [InlineData("\"hidden_act\":\"silu\"", "\"hidden_act\":null")]
    [InlineData("\"hidden_act\":\"silu\"", "\"attention_bias\":null,\"mlp_bias\":null,\"tie_word_embeddings\":null")]
    [InlineData("\"hidden_act\":\"silu\"", "\"use_sliding_window\":null,\"sliding_window\":null,\"layer_types\":null")]
    [InlineData("\"hidden_act\":\"silu\"", "\"rope_parameters\":null,\"head_dim\":null,\"quantization_config\":null")]
    public void Nulls_floats_and_numbers_of_python_are_read(string found, string replacement)
    {
        Replace(found, replacement);
        var perplexity = _folder.Measure(FamilyGolden.Tokens).Perplexity;
        Assert.Equal(1, perplexity / FamilyGolden.PerplexityOf(Model)!.Value, FamilyTests.Tolerance);
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_a_configuration()
    {
        File.WriteAllText(_folder["config.json"], "\uFEFF" + FamilyGolden.ConfigOf(Model).ToJsonString());
        Assert.Empty(_folder.Measure(FamilyGolden.Tokens).Warnings);
    }

    [Theory]
    [InlineData("\"rope_theta\":100.0", "\"rope_theta\":NaN", "rope_theta: NaN found, expected a number")]
    [InlineData("\"vocab_size\":48", "\"vocab_size\":48.5", "vocab_size: 48.5 found, expected an integer")]
    [InlineData("\"vocab_size\":48", "\"vocab_sizes\":48", "vocab_size: nothing found, expected an integer")]
    [InlineData("\"hidden_act\":\"silu\"", "\"hidden_act\":7", "hidden_act: 7 found, expected a text")]
    [InlineData("\"hidden_act\":\"silu\"", "\"mlp_bias\":1", "mlp_bias: 1 found, expected true or false")]
    [InlineData("\"hidden_act\":\"silu\"", "\"num_experts\":8", "num_experts: 8 found, expected no experts")]
    [InlineData(
        "\"hidden_act\":\"silu\"",
        "\"quantization_config\":{\"quant_method\":\"awq\"}",
        "expected unquantized weights: use the model's original repository, or a GGUF file of it"
    )]
    [InlineData("\"rope_type\":\"dynamic\"", "\"rope_type\":\"longrope\"", "rope_scaling.rope_type: longrope found")]
    [InlineData(
        "\"rope_type\":\"dynamic\"",
        "\"type\":\"su\"",
        "rope_scaling.type: su found, expected default, linear"
    )]
    [InlineData("\"factor\":2.0", "\"factor\":2.0,\"alpha\":3", "rope_scaling.alpha: 3 found, expected nothing")]
    [InlineData("\"factor\":2.0", "\"partial_rotary_factor\":0.5", "partial_rotary_factor: 0.5 found, expected 1")]
    [InlineData(
        "\"rope_type\":\"dynamic\"",
        "\"full_attention\":{\"rope_type\":\"other\"}",
        "expected default, linear"
    )]
    [InlineData(
        "\"rope_type\":\"dynamic\"",
        "\"sliding_attention\":{\"factor\":2.0}",
        "settings, since layers are of full"
    )]
    [InlineData("\"hidden_act\":\"silu\"", "\"hidden_act\":\"\\ud800\"", "cannot be read")]
    public void What_cannot_be_used_is_refused_with_field_value_and_remedy(
        string found,
        string replacement,
        string message
    )
    {
        Replace(found, replacement);
        var refusal = Assert.Throws<CheckpointException>(() => _folder.Measure(FamilyGolden.Tokens));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"factor\":2.0", "\"factor\":2.0,\"beta_fast\":3", "rope_scaling.beta_fast: 3 is not used")]
    [InlineData("\"hidden_act\":\"silu\"", "\"sliding_window\":4", "sliding_window: 4 is not used")]
    [InlineData("\"hidden_act\":\"silu\"", "\"logits_scaling\":4", "logits_scaling: 4 is not used")]
    [InlineData("\"hidden_act\":\"silu\"", "\"rope_parameters\":{\"rope_theta\":5}", "rope_parameters is not used")]
    [InlineData("\"hidden_act\":\"silu\"", "\"a_field_of_tomorrow\":[1]", "a_field_of_tomorrow: [1] is not used")]
    public void What_changes_nothing_here_but_has_a_name_for_it_is_named(
        string found,
        string replacement,
        string message
    )
    {
        Replace(found, replacement);
        var (perplexity, _, warnings) = _folder.Measure(FamilyGolden.Tokens);
        Assert.Equal(1, perplexity / FamilyGolden.PerplexityOf(Model)!.Value, FamilyTests.Tolerance);
        Assert.StartsWith(message, Assert.Single(warnings), StringComparison.Ordinal);
    }

    private void Replace(string found, string replacement)
    {
        var config = FamilyGolden.ConfigOf(Model).ToJsonString();
        Assert.Contains(found, config, StringComparison.Ordinal);
        File.WriteAllText(_folder["config.json"], config.Replace(found, replacement, StringComparison.Ordinal));
    }
}
