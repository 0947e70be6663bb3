using System.Text.Json.Nodes;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>Folders as people have them: the names of weights, shards, and what lies beside them.</summary>
public sealed class FolderLayoutTests : IDisposable
{
    private const string Model = "llama-dynamic";

    private readonly FamilyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model (1).safetensors")]
    [InlineData("My Model.SAFETENSORS")]
    [InlineData("model-00001-of-00001.safetensors")]
    [InlineData("model.fp16.safetensors")]
    public void Weights_may_have_any_name(string name)
    {
        _folder.Configure(FamilyGolden.ConfigOf(Model)).Write(Shape(), name);
        // As other systems leave it beside a file.
        File.WriteAllText(_folder["._" + name], "no weights");
        AssertReference();
    }

    [Theory]
    [InlineData("model.gguf", null)]
    [InlineData("MODEL (2).GGUF", null)]
    [InlineData("x.gguf", """{"model_type": "llama"}""")]
    [InlineData("x.gguf", """{"model_type": "phi3", "hidden_size": 7}""")]
    public void A_gguf_file_is_a_model_by_itself(string name, string? config)
    {
        File.WriteAllBytes(_folder[name], FamilyGguf.Of(FamilyGolden.ConfigOf(Model)).Build());
        if (config is not null)
        {
            File.WriteAllText(_folder["config.json"], config);
        }

        AssertReference();
    }

    [Theory]
    [InlineData("model-0000{0}-of-00002.safetensors", "model.safetensors.index.json")]
    [InlineData("pytorch_model-0000{0}-of-00002.safetensors", "model.safetensors.index.json")]
    [InlineData("model.safetensors-0000{0}-of-00002.safetensors", "model.safetensors.index.json")]
    [InlineData("part {0}.safetensors", "model.safetensors.index.json")]
    [InlineData("model.fp16-0000{0}-of-00002.safetensors", "model.fp16.safetensors.index.json")]
    [InlineData("model-0000{0}-of-00002.safetensors", null)]
    public void Shards_are_found_by_the_index_or_by_their_numbers(string names, string? index)
    {
        WriteShards(names, index, extra: []);
        AssertReference();
    }

    [Fact]
    public void A_tensor_that_the_index_alone_names_matters_only_where_it_is_needed()
    {
        var names = "model-0000{0}-of-00002.safetensors";
        WriteShards(names, ShardIndex.UsualName, ["model.layers.0.self_attn.rotary_emb.inv_freq"]);
        AssertReference();

        WriteShards(names, ShardIndex.UsualName, ["model.layers.0.self_attn.sinks"]);
        AssertRefused("tensor 'model.layers.0.self_attn.sinks' found, which is no part of a 'llama' model");
    }

    [Fact]
    public void A_tensor_that_its_shard_lacks_is_named_with_the_shard()
    {
        WriteShards(
            "model-0000{0}-of-00002.safetensors",
            ShardIndex.UsualName,
            ["lm_head.weight"],
            omitted: "lm_head.weight"
        );
        AssertRefused(
            "tensor 'lm_head.weight': not found in 'model-00001-of-00002.safetensors', where the index has it"
        );
    }

    [Fact]
    public void Shards_that_are_not_all_there_are_no_model()
    {
        WriteShards("model-0000{0}-of-00002.safetensors", index: null, extra: []);
        File.Delete(_folder["model-00002-of-00002.safetensors"]);
        AssertRefused("not found among");
    }

    private static FamilyShape Shape() => FamilyShape.Of(FamilyGolden.ConfigOf(Model));

    private void WriteShards(string names, string? index, string[] extra, string? omitted = null)
    {
        _folder.Configure(FamilyGolden.ConfigOf(Model));
        var tensors = FamilyFolder.Named(Shape()).Where(tensor => tensor.Name != omitted).ToList();
        var map = new JsonObject();
        for (var i = 0; i < 2; i++)
        {
            var shard = string.Format(null, names, i + 1);
            var part = tensors.Where((_, at) => at % 2 == i).ToList();
            FamilyFolder.WriteSafetensors(_folder[shard], part);
            foreach (var (name, _, _) in part)
            {
                map[name] = shard;
            }
        }

        foreach (var name in extra)
        {
            map[name] = string.Format(null, names, 1);
        }

        if (index is not null)
        {
            File.WriteAllText(_folder[index], new JsonObject { ["weight_map"] = map }.ToJsonString());
        }
    }

    private void AssertReference()
    {
        var found = _folder.Measure(FamilyGolden.Tokens).Perplexity;
        var expected = FamilyGolden.PerplexityOf(Model)!.Value;
        Assert.InRange(found / expected, 1 - FamilyTests.Tolerance, 1 + FamilyTests.Tolerance);
    }

    private void AssertRefused(string message)
    {
        var refusal = Assert.Throws<CheckpointException>(() => _folder.Measure(FamilyGolden.Tokens));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }
}
