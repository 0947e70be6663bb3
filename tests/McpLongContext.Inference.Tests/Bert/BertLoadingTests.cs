using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tests.Bert;

public sealed class BertLoadingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bert-");

    public BertLoadingTests()
    {
        foreach (var name in (string[])["config.json", "tokenizer.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(Golden.PathOf("tiny-bert"), name), PathOf(name));
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("\"bert\"", "\"t5\"", "model_type: t5 found, expected bert")]
    [InlineData("\"gelu\"", "\"relu\"", "hidden_act: relu found, expected gelu")]
    [InlineData("\"absolute\"", "\"relative_key\"", "position_embedding_type: relative_key found")]
    [InlineData("\"vocab_size\": 48", "\"vocab_size\": 0", "vocab_size: 0 found, expected 1 to")]
    [InlineData("\"hidden_size\": 20", "\"hidden_size\": -20", "hidden_size: -20 found")]
    [InlineData("\"intermediate_size\": 37", "\"intermediate_size\": 99999999", "intermediate_size: 99999999 found")]
    [InlineData("\"num_attention_heads\": 4", "\"num_attention_heads\": 3", "num_attention_heads: 3 found")]
    [InlineData("\"layer_norm_eps\": 1e-06", "\"layer_norm_eps\": 0", "layer_norm_eps: 0 found")]
    [InlineData("\"max_position_embeddings\": 40", "\"max_position_embeddings\": 2", "max_position_embeddings: 2")]
    [InlineData("\"hidden_size\": 20", "\"hidden_size\": \"wide\"", "hidden_size: wide found, expected an integer")]
    [InlineData("\"vocab_size\": 48", "\"vocab_size\": 47", "48 tokens found, expected at most vocab_size, 47")]
    [InlineData("\"vocab_size\": 48", "\"vocab_size\": 49", "F16[48, 20] found, expected [49, 20]")]
    [InlineData(
        "\"num_hidden_layers\": 2",
        "\"num_hidden_layers\": 3",
        "'encoder.layer.2.attention.self.query.weight'"
    )]
    [InlineData("\"intermediate_size\": 37", "\"intermediate_size\": 38", "F32[37, 20] found, expected [38, 20]")]
    public void A_configuration_that_does_not_fit_is_rejected(string found, string replacement, string message)
    {
        var config = File.ReadAllText(PathOf("config.json"));
        Assert.Contains(found, config, StringComparison.Ordinal);
        File.WriteAllText(PathOf("config.json"), config.Replace(found, replacement, StringComparison.Ordinal));

        AssertRejected(message);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    public void A_missing_file_is_named(string name)
    {
        File.Delete(PathOf(name));

        AssertRejected(PathOf(name));
    }

    [Fact]
    public void There_must_be_one_checkpoint()
    {
        File.Copy(PathOf("model.safetensors"), PathOf("other.safetensors"));
        AssertRejected("2 .safetensors files found, expected one");

        File.Delete(PathOf("other.safetensors"));
        File.Delete(PathOf("model.safetensors"));
        AssertRejected("0 .safetensors files found, expected one");
    }

    private void AssertRejected(string message)
    {
        var e = Assert.Throws<CheckpointException>(() => BertEncoder.Load(_folder.FullName));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
