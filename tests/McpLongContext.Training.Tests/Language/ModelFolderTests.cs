using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Language;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tests.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Language;

public sealed class ModelFolderTests : IDisposable
{
    private const int SegmentTokens = 8;

    private readonly string _folder = Directory.CreateTempSubdirectory("model-folder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("mistral")]
    internal void The_engine_reads_what_was_trained(string family)
    {
        using var scope = NewDisposeScope();
        var settings = new AdapterSettings { Layers = new HashSet<int> { 1 } };
        using var model = InfiniDecoder.LoadWhole(TinyModels.PathOf(family), settings);
        Disturb(model);
        File.Copy(Path.Combine(TinyModels.PathOf(family), "config.json"), Path.Combine(_folder, "config.json"));
        ModelFolder.Write(_folder, model.Config, (kind, layer) => Values(model.Weights[(kind, layer)]));
        var tokens = TinyModels.Tokens(model.Config, 4 * SegmentTokens);

        var logits = model.Logits(model.Read(TinyModels.AsSegments(tokens, SegmentTokens)).States);

        using var engine = Decoder.Load(_folder, Precision.Float32, threads: 1);
        var config = engine.Config;
        var memory = new CompressiveMemory(config.LayerCount, config.KeyValueHeadCount, config.HeadDim);
        var gates = InfiniGates.FromBetas(config, AdapterExport.Betas(model));
        using var run = engine.CreateSession(new SegmentedAttention(config, memory, gates, SegmentTokens), threads: 1);
        Assert.True(gates.Of(0).IndexOfAnyExcept(0f) < 0, "the first layer has no compressive memory");
        var expected = Engine.Logits(run, tokens);
        Assert.All(expected.Zip(Values(logits)), one => Assert.Equal(one.First, one.Second, 1e-4f));
    }

    [Fact]
    public void A_new_model_of_bytes_reads_and_writes_any_text()
    {
        ModelFolder.Create(_folder, new ModelShape { HiddenSize = 32, Layers = 1 }, tokenizer: null, seed: 1);

        var tokenizer = ModelTokenizer.Load(_folder);
        const string Text = "Grüße, \u4e16\u754c!\n\t\0\u007f";
        var tokens = tokenizer.EncodePrompt(Text);
        Assert.Equal(1 + System.Text.Encoding.UTF8.GetByteCount(Text), tokens.Length);
        Assert.Equal(Text, tokenizer.Decode(tokens.AsSpan(1)));
        Assert.Contains(tokens[0], tokenizer.Settings.Ends);
        using var engine = Decoder.Load(_folder, Precision.Float32, threads: 1);
        Assert.Equal(ByteTokenizer.Count, engine.Config.VocabularySize);
    }

    [Fact]
    public void A_model_of_another_format_becomes_one_of_this()
    {
        using var story = new StoryModel();
        using var scope = NewDisposeScope();
        using var model = InfiniDecoder.LoadWhole(story.Folder, new AdapterSettings());
        ModelFolder.CopyDescription(story.Folder, _folder);
        ModelFolder.Write(_folder, model.Config, (kind, layer) => Values(model.Weights[(kind, layer)]));

        var tokens = TinyModels.Tokens(model.Config, 20);
        Assert.Equal(Logits(story.Folder, tokens), Logits(_folder, tokens));
        Assert.Equal(ModelTokenizer.Load(story.Folder).Encode("key"), ModelTokenizer.Load(_folder).Encode("key"));
    }

    private static float[] Logits(string folder, int[] tokens)
    {
        using var engine = Decoder.Load(folder, Precision.Float32, threads: 1);
        using var run = engine.CreateSession(threads: 1);
        return Engine.Logits(run, tokens);
    }

    private static float[] Values(Tensor tensor) => tensor.detach().data<float>().ToArray();

    /// <summary>Nothing is left as it was before training.</summary>
    private static void Disturb(InfiniDecoder model)
    {
        using var generator = new Generator(5);
        using var frozen = no_grad();
        foreach (var weight in model.Weights.OrderBy(one => one.Key).Select(one => one.Value))
        {
            weight.add_(randn(weight.shape, generator: generator) * 0.05);
        }
    }
}
