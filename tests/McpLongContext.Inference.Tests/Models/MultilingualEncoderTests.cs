using System.Text.Json.Nodes;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Proof;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Models;

/// <summary>The encoder of many languages, from a repository with the files and fields of the published one.</summary>
public sealed class MultilingualEncoderTests
{
    private const string Repository = "sentence-transformers/LaBSE";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_installed_by_its_name_from_the_files_that_the_hub_has()
    {
        await using var hub = Publish();
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync("labse", cancellation: Cancellation);

        Assert.Equal(
            [
                "config.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "special_tokens_map.json",
                "vocab.txt",
                "modules.json",
                "sentence_bert_config.json",
                "1_Pooling/config.json",
                "model.safetensors",
            ],
            installed.Entry.Files.Select(file => file.Name)
        );
        Assert.Equal(
            ("labse", ModelEntry.Encoder, "Apache-2.0", $"hf:{Repository}@{LoopbackHub.Commit}"),
            (installed.Name, installed.Entry.Purpose, installed.Entry.License, installed.Entry.Source)
        );
        Assert.All(
            installed.Entry.Report!.Warnings,
            warning => Assert.StartsWith("tokenizer: characters that the vocabulary lacks", warning)
        );
        hub.Requests.Clear();
        await temporary.Store.InstallAsync("labse", cancellation: Cancellation);
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task It_encodes_cased_text()
    {
        await using var hub = Publish();
        using var temporary = StoreOn(hub);
        var installed = await temporary.Store.InstallAsync("labse", cancellation: Cancellation);

        using var encoder = BertEncoder.Load(installed.Folder);

        Assert.Equal(["a", "##b", "[UNK]"], encoder.Tokenizer.Tokenize("ab Ab").Select(encoder.Tokenizer.TokenText));
    }

    [Theory]
    [InlineData("labse")]
    [InlineData("hf:" + Repository)]
    public async Task Its_languages_are_known_however_it_was_installed(string model)
    {
        await using var hub = Publish();
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(model, cancellation: Cancellation);

        var languages = temporary.Store.Catalog.LanguagesOf(installed.Entry)!;
        Assert.Equal(109, languages.Count);
        Assert.Contains("ja", languages);
    }

    [Fact]
    public void Those_of_a_model_that_is_not_listed_are_not_known() =>
        Assert.Null(ModelCatalog.Shipped.LanguagesOf(new ModelEntry("other", "hf:org/other@main", [])));

    [Fact]
    public void The_default_encoder_is_of_english() =>
        Assert.Equal(["en"], ModelCatalog.Shipped.LanguagesOf(ModelCatalog.Shipped.DefaultEncoder));

    private static TemporaryStore StoreOn(LoopbackHub hub) =>
        new TemporaryStore().With(options =>
            options with
            {
                HubEndpoint = hub.Address,
                HubToken = null,
                Proof = new ModelProof(Precision.Int8, Precision.Float32).Run,
            }
        );

    /// <summary>The published repository, with the weights and the vocabulary of a tiny encoder.</summary>
    private static LoopbackHub Publish()
    {
        var hub = new LoopbackHub
        {
            Name = Repository,
            Tags = ["sentence-transformers", "bert", "multilingual", "sentence-similarity", "license:apache-2.0"],
        };
        string[] others =
        [
            ".gitattributes",
            "README.md",
            "1_Pooling/config.json",
            "2_Dense/config.json",
            "2_Dense/model.safetensors",
            "2_Dense/pytorch_model.bin",
            "modules.json",
            "onnx/model.onnx",
            "pytorch_model.bin",
            "sentence_bert_config.json",
            "special_tokens_map.json",
            "tf_model.h5",
            "tokenizer_config.json",
            "vocab.txt",
        ];
        foreach (var name in others)
        {
            hub.Add(name, Sample.Bytes(200));
        }

        var tokenizer = JsonNode.Parse(File.ReadAllText(Golden.PathOf("tiny-bert/tokenizer.json")))!;
        tokenizer["normalizer"]!["clean_text"] = true;
        tokenizer["normalizer"]!["handle_chinese_chars"] = true;
        tokenizer["normalizer"]!["lowercase"] = false;
        tokenizer["normalizer"]!["strip_accents"] = null;
        hub.Add("tokenizer.json", Bytes(tokenizer));
        hub.Add("config.json", Bytes(Configuration()));
        hub.Add("model.safetensors", File.ReadAllBytes(Golden.PathOf("tiny-bert/model.safetensors")));
        return hub;
    }

    private static JsonNode Configuration()
    {
        var config = JsonNode.Parse(File.ReadAllText(Golden.PathOf("tiny-bert/config.json")))!;
        var fields = """
            {
              "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1, "directionality": "bidi",
              "gradient_checkpointing": false, "hidden_dropout_prob": 0.1, "initializer_range": 0.02, "pad_token_id": 0,
              "pooler_fc_size": 768, "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3,
              "pooler_size_per_head": 128, "pooler_type": "first_token_transform", "transformers_version": "4.4.2",
              "use_cache": true
            }
            """;
        foreach (var (name, value) in JsonNode.Parse(fields)!.AsObject())
        {
            config[name] = value?.DeepClone();
        }

        return config;
    }

    private static byte[] Bytes(JsonNode node) => System.Text.Encoding.UTF8.GetBytes(node.ToJsonString());
}
