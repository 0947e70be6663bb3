using McpLongContext.Inference.Decoders.Checkpoints;

namespace McpLongContext.Inference.Tests.Llama;

/// <summary>A written checkpoint is read as it was.</summary>
public sealed class CheckpointWriterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("writer-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    public void A_model_is_the_same_after_it_was_written(string family)
    {
        using var source = DecoderParameters.Open(GoldenFolder(family));
        var config = source.Config with { SlidingWindows = null };
        using (var file = File.Create(PathOf(DecoderCheckpointWriter.ConfigName)))
        {
            DecoderCheckpointWriter.WriteConfig(file, config);
        }

        using (var file = File.Create(PathOf(DecoderCheckpointWriter.WeightsName)))
        {
            DecoderCheckpointWriter.WriteWeights(file, config, (kind, layer) => Values(source, kind, layer));
        }

        // An adapter beside the weights is none of them.
        File.WriteAllText(PathOf("infini.safetensors"), "an adapter");
        using var written = DecoderParameters.Open(_folder.FullName);

        Assert.Equal(config, written.Config);
        Assert.All(
            DecoderCheckpointWriter.Tensors(config),
            one => Assert.Equal(Values(source, one.Kind, one.Layer), Values(written, one.Kind, one.Layer))
        );
    }

    [Fact]
    public void What_config_json_would_not_say_is_refused()
    {
        using var source = DecoderParameters.Open(GoldenFolder("yarn"));

        var error = Assert.Throws<NotSupportedException>(() =>
            DecoderCheckpointWriter.WriteConfig(Stream.Null, source.Config)
        );

        Assert.Contains("'llama' model", error.Message, StringComparison.Ordinal);
    }

    private static string GoldenFolder(string family) =>
        Path.Combine(AppContext.BaseDirectory, "GoldenData", "tiny-llama", family);

    private static float[] Values(DecoderParameters parameters, TensorKind kind, int layer)
    {
        var isMatrix =
            kind
            is TensorKind.Embedding
                or TensorKind.Output
                or TensorKind.Query
                or TensorKind.Key
                or TensorKind.Value
                or TensorKind.AttentionOutput
                or TensorKind.Gate
                or TensorKind.Up
                or TensorKind.Down;
        return isMatrix ? parameters.ReadMatrix(kind, layer).Values : parameters.ReadVector(kind, layer);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
