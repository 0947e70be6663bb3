using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tests.Modules;
using McpLongContext.Training.Unlimiformer.Decoders;

namespace McpLongContext.Training.Tests.Unlimiformer.Decoders;

public sealed class MergedModelTests
{
    [Theory]
    [InlineData("llama")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void A_folder_with_merged_weights_is_the_model_with_its_adapters(string family)
    {
        var folder = Directory.CreateTempSubdirectory("merged-").FullName;
        try
        {
            using var model = TinyModels.Random(family, new AdapterSettings { Rank = 3, Layers = new HashSet<int>() });
            var start = TinyModels.PathOf(family);
            File.Copy(Path.Combine(start, "config.json"), Path.Combine(folder, "config.json"));

            MergedModel.Write(folder, start, model);

            var tokens = TinyModels.Tokens(model.Config, 12);
            using var plain = Decoder.Load(start, Precision.Float32);
            using var adapted = plain.WithLora(AdapterExport.Changes(model)).CreateSession(threads: 1);
            using var merged = Decoder.Load(folder, Precision.Float32);
            using var session = merged.CreateSession(threads: 1);
            var (expected, found) = (Engine.Logits(adapted, tokens), Engine.Logits(session, tokens));
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
