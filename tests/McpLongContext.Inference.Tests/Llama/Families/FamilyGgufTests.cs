using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Tests.Checkpoints.Gguf;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>The metadata of GGUF files: the numbers of the same model in safetensors, or a refusal that names the key.</summary>
public sealed class FamilyGgufTests
{
    private const uint UInt32 = 4;
    private const uint Float32 = 6;
    private const uint Boolean = 7;

    public static TheoryData<string> Families() => ["llama", "qwen2", "qwen3", "granite"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Dimensions_biases_and_multipliers_are_read(string family)
    {
        string[] variants = ["dynamic", "biases", "heads", "one-kv-head", "kv-heads-null", "tied", "multipliers"];
        foreach (var variant in variants)
        {
            // Without multipliers, a file of granite has the score scale of the other families, which are refused with them.
            if (family == "granite" == (variant == "multipliers"))
            {
                AssertReference($"{family}-{variant}", file => file);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Scalings_are_read(string family)
    {
        if (family == "granite")
        {
            return;
        }

        AssertReference(
            $"{family}-linear",
            file =>
                file.Text($"{family}.rope.scaling.type", "linear").Pair($"{family}.rope.scaling.factor", Float32, F(3))
        );
        AssertReference($"{family}-linear", file => file.Pair($"{family}.rope.scale_linear", Float32, F(3)));
        AssertReference(
            $"{family}-dynamic",
            file =>
                file.Text($"{family}.rope.scaling.type", "none").Pair($"{family}.rope.scaling.factor", Float32, F(3))
        );
        AssertReference($"{family}-yarn", file => Yarn(file, family));
        AssertReference(
            $"{family}-yarn-own-attention",
            file =>
                Yarn(file, family)
                    .Pair($"{family}.rope.scaling.attn_factor", Float32, F(1.3f / ((0.1f * MathF.Log(4)) + 1)))
        );
    }

    [Theory]
    [InlineData("expert_count", UInt32, 8, "no experts")]
    [InlineData("attention.sliding_window", UInt32, 5, "Use the model's safetensors")]
    [InlineData("attention.clamp_kqv", Float32, 3, "no clamp")]
    [InlineData("final_logit_softcapping", Float32, 30, "no soft cap")]
    [InlineData("embedding_scale", Float32, 3, "only granite has it")]
    [InlineData("attention.scale", Float32, 3, "only granite has it")]
    [InlineData("rope.dimension_count", UInt32, 4, "all dimensions of a head rotated")]
    [InlineData("rope.scaling.attn_factor", Float32, 2, "since the type is not yarn")]
    [InlineData("rope.scaling.yarn_ext_factor", Float32, 0, "YaRN in full")]
    [InlineData("rope.scaling.yarn_attn_factor", Float32, 2, "the attention factor of the formula")]
    [InlineData("rope.scaling.yarn_log_multiplier", Float32, 0.1, "the attention factor of the formula")]
    [InlineData("attention.causal", Boolean, 0, "true, a decoder")]
    [InlineData("use_parallel_residual", Boolean, 1, "false, attention before the feed-forward network")]
    public void What_would_make_another_model_is_refused_by_name(string key, uint type, double value, string expected)
    {
        using var folder = new FamilyFolder();
        var bytes =
            type == UInt32 ? GgufBuilder.Bytes((uint)value)
            : type == Boolean ? [(byte)value]
            : F((float)value);
        Write(folder, FamilyGguf.Of(FamilyGolden.ConfigOf("llama-dynamic")).Pair($"llama.{key}", type, bytes));

        var refusal = Assert.Throws<CheckpointException>(() => folder.Measure(FamilyGolden.Tokens));
        Assert.Contains($"metadata 'llama.{key}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_not_known_is_named_in_a_warning()
    {
        using var folder = new FamilyFolder();
        var file = FamilyGguf.Of(FamilyGolden.ConfigOf("llama-dynamic"));
        Write(folder, file.Pair("llama.new_setting", Float32, F(2)).Pair("llama.pooling_type", UInt32, F(0)));

        var warning = Assert.Single(folder.Measure(FamilyGolden.Tokens).Warnings);
        Assert.StartsWith("metadata 'llama.new_setting'", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("split.count", 2, "split.count is 2: this is part 1 of a model in 2 files, and the others are missing")]
    public void A_part_of_a_model_says_so(string key, int value, string message)
    {
        using var folder = new FamilyFolder();
        var file = FamilyGguf.Of(FamilyGolden.ConfigOf("llama-dynamic"));
        Write(folder, file.Pair(key, UInt32, GgufBuilder.Bytes(value)));

        var refusal = Assert.Throws<CheckpointException>(() => folder.Measure(FamilyGolden.Tokens));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_type_is_no_model()
    {
        using var folder = new FamilyFolder();
        Write(folder, FamilyGguf.Of(FamilyGolden.ConfigOf("llama-dynamic")).Text("general.type", "adapter"));

        var refusal = Assert.Throws<CheckpointException>(() => folder.Measure(FamilyGolden.Tokens));
        Assert.Contains("'general.type': adapter found, expected model", refusal.Message, StringComparison.Ordinal);
    }

    private static GgufBuilder Yarn(GgufBuilder file, string family) =>
        file.Text($"{family}.rope.scaling.type", "yarn")
            .Pair($"{family}.rope.scaling.factor", Float32, F(4))
            .Pair($"{family}.rope.scaling.original_context_length", UInt32, GgufBuilder.Bytes(40))
            .Pair($"{family}.rope.scaling.yarn_beta_fast", Float32, F(32));

    private static void AssertReference(string name, Func<GgufBuilder, GgufBuilder> add)
    {
        using var folder = new FamilyFolder();
        Write(folder, add(FamilyGguf.Of(FamilyGolden.ConfigOf(name))));

        var found = folder.Measure(FamilyGolden.Tokens).Perplexity;
        var expected = FamilyGolden.PerplexityOf(name)!.Value;
        Assert.InRange(found / expected, 1 - FamilyTests.Tolerance, 1 + FamilyTests.Tolerance);
    }

    private static void Write(FamilyFolder folder, GgufBuilder file) =>
        File.WriteAllBytes(folder["model.gguf"], file.Build());

    private static byte[] F(float value) => GgufBuilder.Bytes(value);
}
