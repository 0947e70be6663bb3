using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Commands;
using McpLongContext.Training.Infini;

namespace McpLongContext.Training.Tests.Commands;

/// <summary>Models of every family that people use, each trained from end to end, as a large one is.</summary>
public sealed class InfiniFamilyTests : IDisposable
{
    private const int Rank = 2;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("family-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Model => PathOf("model");

    private string Lora => PathOf("lora");

    public static TheoryData<string> Families => [.. FamilyModel.Families.Keys];

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_model_is_trained_layer_by_layer_and_the_engine_reads_its_adapter(string family)
    {
        FamilyModel.Write(Model, family);

        Assert.Equal(0, await RunAsync("--steps", "2", "--by-layer"));

        var adapter = LoadAdapter();
        Assert.Equal(8, adapter.Changes.Count);
        Assert.Contains(adapter.Changes, change => change.Up.Span.ContainsAnyExcept(0f));
        Assert.Contains("score", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Layer_by_layer_ends_at_the_same_adapter()
    {
        FamilyModel.Write(Model, "qwen3");
        // Both begin with the same gates, which are measured at once only.
        Assert.Equal(0, await RunAsync("--steps", "1", "--by-layer"));
        File.Copy(PathOfAdapter, PathOf("start.safetensors"));
        string[] start = ["--start", PathOf("start.safetensors"), "--steps", "2"];

        Assert.Equal(0, await RunAsync([.. start, "--by-layer", "--run", PathOf("by-layer")]));
        var byLayer = LoadAdapter();
        Assert.Equal(0, await RunAsync([.. start, "--run", PathOf("at-once")]));

        foreach (var (one, other) in byLayer.Changes.Zip(LoadAdapter().Changes))
        {
            Assert.Equal(one.Up.ToArray(), other.Up.ToArray(), (x, y) => Math.Abs(x - y) < 2e-4);
        }
    }

    [Fact]
    public async Task A_LoRA_adapter_of_PEFT_is_a_beginning()
    {
        FamilyModel.Write(Model, "llama");
        WriteLora(alpha: 4);

        Assert.Equal(
            0,
            await RunAsync("--start", Lora, "--steps", "1", "--learning-rate", "1e-9", "--gate-rate", "1e-9")
        );

        var changes = LoadAdapter().Changes;
        var query = changes.Single(change => (change.Layer, change.Projection) == (1, AttentionProjection.Query));
        Assert.Equal(Values(Rank * 32, seed: 1), query.Down.ToArray(), (x, y) => Math.Abs(x - y) < 1e-3);
        // alpha / r is in B.
        Assert.Equal(Values(32 * Rank, seed: 2), query.Up.ToArray(), (x, y) => Math.Abs((2 * x) - y) < 1e-3);
        Assert.All(
            changes.Where(change => change.Projection == AttentionProjection.Key),
            change => Assert.All(change.Up.ToArray(), value => Assert.Equal(0, value, 1e-6f))
        );
    }

    [Theory]
    [InlineData("mlp", "tensor 'base_model.model.model.layers.1.mlp.up_proj.lora_A.weight' found")]
    [InlineData("layer", "tensor 'base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight' found")]
    [InlineData("digit", "tensor 'base_model.model.model.layers.\u0661.self_attn.q_proj.lora_A.weight' found")]
    [InlineData("zero", "tensor 'base_model.model.model.layers.01.self_attn.q_proj.lora_A.weight' found")]
    [InlineData("dora", "use_dora found, expected a plain LoRA adapter")]
    [InlineData("rank", "rank 2 found, expected at most 1. Give --rank 2")]
    [InlineData("width", "expected [2, 32]")]
    [InlineData("empty", "adapter_config.json: cannot be read")]
    public async Task A_LoRA_adapter_that_does_not_fit_is_refused_by_name(string kind, string message)
    {
        FamilyModel.Write(Model, "llama");
        WriteLora(
            module: kind == "mlp" ? "mlp.up_proj" : "self_attn.q_proj",
            layer: kind switch
            {
                "layer" => "9",
                "digit" => "\u0661",
                "zero" => "01",
                _ => "1",
            },
            extra: kind == "dora" ? ", \"use_dora\": true" : "",
            width: kind == "width" ? 16 : 32
        );
        if (kind == "empty")
        {
            File.Delete(Path.Combine(Lora, PeftAdapter.ConfigName));
        }

        var exit = await RunAsync([
            "--start",
            Lora,
            "--steps",
            "1",
            .. kind == "rank" ? (string[])["--rank", "1"] : [],
        ]);

        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
        Assert.Contains(Lora, _error.ToString(), StringComparison.Ordinal);
    }

    private string PathOfAdapter => Path.Combine(Model, InfiniAdapter.FileName);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private InfiniAdapter LoadAdapter()
    {
        var store = new ModelStore(new ModelStoreOptions { Folder = PathOf("models") });
        var weights = TrainedModel.Find(Model, store).Weights;
        return InfiniAdapter.Load(PathOfAdapter, DecoderConfig.Load(Model), weights);
    }

    private void WriteLora(
        string module = "self_attn.q_proj",
        string layer = "1",
        double alpha = Rank,
        string extra = "",
        int width = 32
    )
    {
        Directory.CreateDirectory(Lora);
        File.WriteAllText(
            Path.Combine(Lora, PeftAdapter.ConfigName),
            $$"""{"peft_type": "LORA", "r": {{Rank}}, "lora_alpha": {{alpha}}, "target_modules": ["q_proj"]{{extra}}}"""
        );
        using var file = File.Create(Path.Combine(Lora, PeftAdapter.WeightsName));
        var prefix = $"base_model.model.model.layers.{layer}.{module}";
        SafetensorsWriter.Write(
            file,
            [
                new($"{prefix}.lora_A.weight", [Rank, width], Values(Rank * width, seed: 1)),
                new($"{prefix}.lora_B.weight", [32, Rank], Values(32 * Rank, seed: 2)),
            ],
            new Dictionary<string, string>()
        );
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        (string Name, string Value)[] defaults =
        [
            ("--run", PathOf("run")),
            ("--segment", "128"),
            ("--rank", $"{Rank}"),
            ("--batch", "2"),
            ("--own-tokens", "300"),
            ("--threads", "1"),
        ];
        string[] all =
        [
            "infini",
            Model,
            .. arguments,
            .. defaults.Where(one => !arguments.Contains(one.Name)).SelectMany(one => (string[])[one.Name, one.Value]),
        ];
        return CommandLine.RunAsync(all, _output, _error);
    }
}
