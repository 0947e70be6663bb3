using McpLongContext.Inference.Models;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Models;

/// <summary>Repositories of generative models, with the files that such repositories have.</summary>
public sealed class HubLayoutTests
{
    private const string Model = "hf:" + LoopbackHub.Repository;
    private const string Index = "model.safetensors.index.json";

    /// <summary>As the publisher's own repository of a small chat model.</summary>
    private static readonly string[] s_safetensors =
    [
        ".gitattributes",
        "LICENSE",
        "README.md",
        "config.json",
        "generation_config.json",
        "merges.txt",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.json",
        "onnx/model.onnx",
        "onnx/model_q4.onnx",
        "runs/events.out.tfevents",
    ];

    /// <summary>As the publisher's own repository of the same in GGUF.</summary>
    private static readonly string[] s_gguf =
    [
        ".gitattributes",
        "LICENSE",
        "README.md",
        "mmproj-model-f16.gguf",
        "imatrix.gguf",
        "tiny-0.5b-instruct-fp16.gguf",
        "tiny-0.5b-instruct-iq4_k_m.gguf",
        "tiny-0.5b-instruct-q2_k.gguf",
        "tiny-0.5b-instruct-q4_0.gguf",
        "tiny-0.5b-instruct-q4_k_m.gguf",
        "tiny-0.5b-instruct-q5_k_m.gguf",
        "tiny-0.5b-instruct-q8_0.gguf",
    ];

    /// <summary>As the publishers' repositories of T5 have it.</summary>
    private static readonly string[] s_t5 =
    [
        ".gitattributes",
        "README.md",
        "config.json",
        "flax_model.msgpack",
        "generation_config.json",
        "model.safetensors",
        "onnx/decoder_model.onnx",
        "pytorch_model.bin",
        "rust_model.ot",
        "spiece.model",
        "tf_model.h5",
        "tokenizer.json",
        "tokenizer_config.json",
    ];

    /// <summary>As the publisher's repository of BART has it.</summary>
    private static readonly string[] s_bart =
    [
        ".gitattributes",
        "README.md",
        "config.json",
        "flax_model.msgpack",
        "merges.txt",
        "model.safetensors",
        "pytorch_model.bin",
        "tf_model.h5",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.json",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chat_model_comes_with_its_tokenizer_and_template_and_nothing_else()
    {
        await using var hub = HubOf(s_safetensors);
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(Model, cancellation: Cancellation);

        Assert.Equal(
            [
                "config.json",
                "generation_config.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "vocab.json",
                "merges.txt",
                "model.safetensors",
            ],
            installed.Entry.Files.Select(file => file.Name)
        );
        Assert.Equal(ModelEntry.Chat, installed.Entry.Purpose);
    }

    [Fact]
    public async Task A_T5_comes_with_both_forms_of_its_tokenizer()
    {
        await using var hub = HubOf(s_t5);
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(Model, cancellation: Cancellation);

        Assert.Equal(
            [
                "config.json",
                "generation_config.json",
                "tokenizer.json",
                "spiece.model",
                "tokenizer_config.json",
                "model.safetensors",
            ],
            installed.Entry.Files.Select(file => file.Name)
        );
    }

    [Fact]
    public async Task A_BART_comes_with_its_tokenizer_and_without_its_pickle()
    {
        await using var hub = HubOf(s_bart);
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(Model, cancellation: Cancellation);

        Assert.Equal(
            ["config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "model.safetensors"],
            installed.Entry.Files.Select(file => file.Name)
        );
    }

    [Fact]
    public async Task A_repository_of_a_pickle_alone_is_refused_with_the_remedy()
    {
        await using var hub = HubOf([.. s_bart.Where(name => name != "model.safetensors")]);
        using var temporary = StoreOn(hub);

        var error = await Assert.ThrowsAsync<ModelException>(() =>
            temporary.Store.InstallAsync(Model, cancellation: Cancellation)
        );

        Assert.Contains("has no weights that can be read", error.Message, StringComparison.Ordinal);
        Assert.Contains("a pickle, which can run code and is not read", error.Message, StringComparison.Ordinal);
        Assert.Contains("safe_serialization=True", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "tiny-0.5b-instruct-q4_k_m.gguf", "org--tiny-encoder")]
    [InlineData(":Q8_0", "tiny-0.5b-instruct-q8_0.gguf", "org--tiny-encoder--Q8_0")]
    [InlineData(":q8_0", "tiny-0.5b-instruct-q8_0.gguf", "org--tiny-encoder--Q8_0")]
    [InlineData(":FP16", "tiny-0.5b-instruct-fp16.gguf", "org--tiny-encoder--FP16")]
    [InlineData(
        "/tiny-0.5b-instruct-q2_k.gguf",
        "tiny-0.5b-instruct-q2_k.gguf",
        "org--tiny-encoder--tiny-0.5b-instruct-q2_k"
    )]
    public async Task Of_several_quantizations_one_is_installed(string choice, string file, string name)
    {
        await using var hub = HubOf(s_gguf);
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(Model + choice, cancellation: Cancellation);

        Assert.Equal(name, installed.Name);
        Assert.Equal([file], installed.Entry.Files.Select(one => one.Name));
        Assert.EndsWith($"@{LoopbackHub.Commit}", installed.Entry.Source);
        Assert.Equal(installed.Folder, temporary.Store.Find(Model + choice));
        hub.Requests.Clear();
        await temporary.Store.InstallAsync(Model + choice, cancellation: Cancellation);
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task Two_quantizations_stand_beside_each_other()
    {
        await using var hub = HubOf(s_gguf);
        using var temporary = StoreOn(hub);

        await temporary.Store.InstallAsync(Model + ":Q8_0", cancellation: Cancellation);
        await temporary.Store.InstallAsync(Model + ":Q2_K", cancellation: Cancellation);
        await temporary.Store.RemoveAsync(Model + ":Q8_0", Cancellation);

        Assert.Equal(["org--tiny-encoder--Q2_K"], temporary.Store.List().Select(model => model.Name));
    }

    [Fact]
    public async Task A_quantization_that_is_not_there_is_told_with_those_that_are()
    {
        await using var hub = HubOf(s_gguf);
        using var temporary = StoreOn(hub);

        var error = await FailAsync(temporary, Model + ":Q3_K_L");

        Assert.Contains($"{Model} has no Q3_K_L", error);
        Assert.Contains("tiny-0.5b-instruct-q4_k_m.gguf, tiny-0.5b-instruct-q5_k_m.gguf", error);
        Assert.DoesNotContain("mmproj", error);
    }

    [Fact]
    public async Task Split_gguf_files_are_not_taken_for_whole_ones()
    {
        await using var hub = HubOf("tiny-q4_k_m-00001-of-00002.gguf", "tiny-q4_k_m-00002-of-00002.gguf");
        using var temporary = StoreOn(hub);

        Assert.Contains("merge them", await FailAsync(temporary, Model));
    }

    [Fact]
    public async Task Sharded_weights_come_with_their_index()
    {
        await using var hub = HubOf(
            "config.json",
            "consolidated.safetensors",
            "model-00002-of-00002.safetensors",
            "model-00001-of-00002.safetensors",
            "model.safetensors.index.json",
            "tokenizer.json",
            "tokenizer.model.v3"
        );
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(Model, cancellation: Cancellation);

        Assert.Equal(
            [
                "config.json",
                "tokenizer.json",
                "model.safetensors.index.json",
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
            ],
            installed.Entry.Files.Select(file => file.Name)
        );
    }

    [Theory]
    [InlineData("model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors", Index)]
    [InlineData("1 of 2 files", "model-00001-of-00002.safetensors", Index)]
    [InlineData("no model.safetensors.index.json", "model-00001-of-00002.safetensors", "config.json")]
    public async Task Sharded_weights_that_are_not_whole_are_refused(string reason, params string[] files)
    {
        await using var hub = HubOf(files);
        using var temporary = StoreOn(hub);

        Assert.Contains(reason, await FailAsync(temporary, Model));
    }

    private static byte[] IndexOfTwo() =>
        """
        {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
        """u8.ToArray();

    private static LoopbackHub HubOf(params string[] files)
    {
        var hub = new LoopbackHub { Tags = ["text-generation", "conversational", "license:apache-2.0"] };
        for (var i = 0; i < files.Length; i++)
        {
            var large =
                files[i].EndsWith(".gguf", StringComparison.Ordinal)
                || files[i].EndsWith(".safetensors", StringComparison.Ordinal);
            hub.Add(files[i], files[i] == Index ? IndexOfTwo() : Sample.Bytes(large ? 20_000 : 200, seed: i));
        }

        return hub;
    }

    private static TemporaryStore StoreOn(LoopbackHub hub) =>
        new TemporaryStore().With(options => options with { HubEndpoint = hub.Address, HubToken = null });

    private static async Task<string> FailAsync(TemporaryStore temporary, string model) =>
        (
            await Assert.ThrowsAsync<ModelException>(() =>
                temporary.Store.InstallAsync(model, cancellation: Cancellation)
            )
        ).Message;
}
