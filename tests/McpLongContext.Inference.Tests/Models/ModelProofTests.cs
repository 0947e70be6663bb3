using System.Text.Json.Nodes;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Proof;
using McpLongContext.Inference.Tests.Llama.Families;

namespace McpLongContext.Inference.Tests.Models;

/// <summary>An installed model was loaded and has run; one that cannot be used is not installed, and the message says why.</summary>
public sealed class ModelProofTests : IDisposable
{
    private readonly TemporaryStore _temporary = new TemporaryStore().With(options =>
        options with
        {
            Proof = new ModelProof(Precision.Int8, Precision.Float32).Run,
        }
    );

    private readonly FamilyFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Source => _folder.FullName;

    private string Name => Path.GetFileName(Source);

    public void Dispose()
    {
        _folder.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task A_model_says_what_it_is_once_a_text_has_run_through_it()
    {
        var shape = WriteModel();
        var phases = new Recorder();

        var installed = await _temporary.Store.InstallAsync(Source, phases, Cancellation);

        var report = installed.Entry.Report!;
        Assert.Equal(("qwen2", 64, "int8"), (report.Family, report.Window, report.Precision));
        Assert.Equal(FamilyFolder.Named(shape).Sum(tensor => (long)tensor.Values.Length), report.Parameters);
        Assert.Equal(2 * sizeof(float) * 2 * 2 * 8, report.TokenBytes);
        Assert.InRange(report.WeightBytes, report.Parameters / 2, report.Parameters * 4);
        Assert.Empty(report.Warnings);
        Assert.Equal(ModelEntry.Completion, installed.Entry.Purpose);
        Assert.Contains(ModelPhase.Proving, phases.Phases);
        Assert.True(File.Exists(Path.Combine(installed.Folder, WeightCache.Name)), "The packed weights are kept.");
        Assert.Equal(report.Parameters, Assert.Single(_temporary.Store.List()).Entry.Report!.Parameters);
    }

    [Fact]
    public async Task A_field_that_is_not_known_is_named_in_a_warning()
    {
        var config = Config();
        config["a_field_of_tomorrow"] = 3;
        WriteModel(config);

        var installed = await _temporary.Store.InstallAsync(Source, cancellation: Cancellation);

        Assert.StartsWith("a_field_of_tomorrow: 3", Assert.Single(installed.Entry.Report!.Warnings));
    }

    [Fact]
    public async Task An_encoder_is_proved_as_one()
    {
        var installed = await _temporary.Store.InstallAsync(Golden.PathOf("tiny-bert"), cancellation: Cancellation);

        Assert.Equal(ModelEntry.Encoder, installed.Entry.Purpose);
        var report = installed.Entry.Report!;
        Assert.Equal(("bert", 40, "fp32", 0), (report.Family, report.Window, report.Precision, report.TokenBytes));
        Assert.Equal(
            (48 + 40 + 2 + 2) * 20 + (2 * ((4 * 20 * 21) + (2 * 20 * 37) + 37 + 20 + (4 * 20))),
            report.Parameters
        );
    }

    [Fact]
    public async Task What_cannot_be_used_is_not_installed_and_what_was_there_stays()
    {
        var shape = WriteModel();
        await _temporary.Store.InstallAsync(Source, cancellation: Cancellation);
        var tensors = FamilyFolder.Named(shape);
        tensors.Single(tensor => tensor.Name == "model.norm.weight").Values[3] = float.NaN;
        FamilyFolder.WriteSafetensors(_folder["model.safetensors"], tensors);

        var message = await FailAsync();

        Assert.StartsWith(
            $"{Name} cannot be used and was not installed: model.safetensors: tensor 'model.norm.weight'",
            message
        );
        Assert.NotNull(_temporary.Store.Find(Name));
        Assert.Empty(_temporary.StagedFiles());
    }

    [Fact]
    public async Task A_tokenizer_must_be_there_fit_and_give_its_text_back()
    {
        WriteModel();
        File.Delete(_folder["tokenizer.json"]);
        Assert.Contains("no tokenizer found, expected tokenizer.json", await FailAsync());

        WriteTokenizer(vocabulary => vocabulary["more"] = 400);
        Assert.Contains("a tokenizer of 401 tokens found, expected at most the 300", await FailAsync());

        // A space that has no token is lost from every text.
        WriteTokenizer(vocabulary => vocabulary.Remove("Ġ"));
        Assert.Contains("into tokens of 'Thequickbrownfox", await FailAsync());
        Assert.Empty(_temporary.VisibleFolders());
    }

    [Fact]
    public async Task What_overflows_is_not_installed()
    {
        var shape = WriteModel();
        var tensors = FamilyFolder.Named(shape);
        tensors.Single(tensor => tensor.Name == "model.norm.weight").Values.AsSpan().Fill(3e38f);
        FamilyFolder.WriteSafetensors(_folder["model.safetensors"], tensors);

        Assert.Contains("logits that are not finite", await FailAsync());
    }

    [Fact]
    public async Task A_weights_file_among_several_is_installed_by_its_path()
    {
        WriteModel();
        File.Copy(_folder["model.safetensors"], _folder["My weights (2).safetensors"]);
        File.WriteAllText(_folder["model.safetensors"], "no weights");

        var installed = await _temporary.Store.InstallAsync(
            _folder["My weights (2).safetensors"],
            cancellation: Cancellation
        );

        Assert.Equal("My-weights-2", installed.Name);
        Assert.Equal("qwen2", installed.Entry.Report!.Family);
    }

    private static JsonObject Config()
    {
        var config = FamilyGolden.ConfigOf("Qwen2.5-0.5B");
        config["vocab_size"] = 300;
        return config;
    }

    private FamilyShape WriteModel(JsonObject? config = null)
    {
        config ??= Config();
        var shape = FamilyShape.Of(config);
        _folder.Configure(config).Write(shape);
        WriteTokenizer(_ => { });
        return shape;
    }

    /// <summary>A tokenizer with a token for every byte and no merges.</summary>
    private void WriteTokenizer(Action<JsonObject> change)
    {
        var vocabulary = new JsonObject();
        var others = 0;
        for (var value = 0; value < 256; value++)
        {
            var isPrintable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            vocabulary[((char)(isPrintable ? value : 256 + others++)).ToString()] = value;
        }

        change(vocabulary);
        var tokenizer = new JsonObject
        {
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(),
            },
        };
        File.WriteAllText(_folder["tokenizer.json"], tokenizer.ToJsonString());
    }

    private async Task<string> FailAsync() =>
        (
            await Assert.ThrowsAsync<ModelException>(() =>
                _temporary.Store.InstallAsync(Source, cancellation: Cancellation)
            )
        ).Message;

    private sealed class Recorder : IProgress<ModelProgress>
    {
        public HashSet<ModelPhase> Phases { get; } = [];

        public void Report(ModelProgress value) => Phases.Add(value.Phase);
    }
}
