using System.Text.Json.Nodes;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Modules.Retrieval;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Modules.Retrieval;

/// <summary>Retrieval attention in training against the engine's <c>per_layer</c>, on the same weights.</summary>
public sealed class RetrievalDecoderTests
{
    private const int DocumentTokens = 150;
    private const int PromptTokens = 9;
    private static readonly int[] s_header = [1, 2];
    private static readonly PerLayerMode s_mode = new() { Neighbors = 12, Plan = new SpanPlan(1, 3, 14) };

    [Theory]
    [InlineData("llama", 0)]
    [InlineData("llama", 1)]
    [InlineData("llama3", 1)] // scaled positions
    [InlineData("qwen2", 1)] // biases of queries, keys and values
    [InlineData("qwen3", 1)] // normalized queries and keys
    [InlineData("granite", 1)] // another scale of the scores
    internal void Logits_after_every_token_are_those_of_the_engine(string family, int layerBegin) =>
        AssertEngineLogits(family, layerBegin, DocumentTokens);

    [Fact]
    public void A_model_of_a_large_window_encodes_documents_in_the_windows_of_the_engine()
    {
        var folder = Directory.CreateTempSubdirectory("training-");
        try
        {
            var source = TinyModels.PathOf("llama");
            File.Copy(Path.Combine(source, "model.safetensors"), Path.Combine(folder.FullName, "model.safetensors"));
            var config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!;
            config["max_position_embeddings"] = 2 * KeyEncoder.WindowTokens;
            File.WriteAllText(Path.Combine(folder.FullName, "config.json"), config.ToJsonString());

            AssertEngineLogits(folder.FullName, layerBegin: 1, KeyEncoder.WindowTokens + 100);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Only_the_vectors_that_are_read_and_states_outlive_a_layer(bool isQuantized)
    {
        using var outer = NewDisposeScope();
        using var model = TinyModels.Random("llama", Settings);
        var (document, row) = Example(model.Config);
        using var decoder = new RetrievalDecoder(model, 1, s_header, isQuantized);
        using var scope = NewDisposeScope();

        var vectors = decoder.Encode([document]);

        Assert.Single(vectors);
        Assert.Equal([1, 2, DocumentTokens, model.Config.HeadDim], vectors[0].Keys.shape);
        // Of both layers the states, of one the keys and values; the rest belongs to the embeddings.
        Assert.InRange(scope.DisposablesCount, 4, 10);
        decoder.Read([row], vectors, Nearest(model));
        Assert.InRange(scope.DisposablesCount, 6, 20);
    }

    [Fact]
    public void Rows_of_several_lengths_and_documents_do_not_touch_each_other()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random("llama", Settings);
        var (document, row) = Example(model.Config);
        var other = TinyModels.Tokens(model.Config, DocumentTokens, seed: 8);
        var longer = new PromptRow(0, [.. s_header, .. TinyModels.Tokens(model.Config, 20, seed: 9)], 12);
        using var decoder = new RetrievalDecoder(model, 1, s_header);

        var alone = decoder.Read([row], decoder.Encode([document]), Nearest(model));
        var together = decoder.Read(
            [longer, row with { Document = 1 }],
            decoder.Encode([other, document]),
            Nearest(model)
        );

        Assert.True(together[1].narrow(0, 0, row.Tokens.Length).allclose(alone[0], rtol: 1e-3, atol: 1e-4));
    }

    [Fact]
    public void Gradients_through_the_retrieved_keys_are_those_of_finite_differences()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random("llama", Settings);
        var (document, row) = Example(model.Config);
        // Rounded vectors do not change with small steps of the weights.
        using var decoder = new RetrievalDecoder(model, 1, s_header, isQuantized: false);
        Loss().backward();
        foreach (var parameter in model.Changes)
        {
            using var frozen = no_grad();
            var gradient = parameter.grad!;
            var norm = gradient.norm().item<float>();
            var step = gradient / norm * 0.001;
            parameter.add_(step);
            var above = Loss().item<float>();
            parameter.sub_(step * 2);
            var below = Loss().item<float>();
            parameter.add_(step);
            Assert.Equal(norm, (above - below) / 0.002f, 0.03f * norm + 2e-3f);
        }

        Tensor Loss()
        {
            var states = decoder.Read([row], decoder.Encode([document]), Nearest(model));
            return model.Logits(states.narrow(1, row.Tokens.Length - 1, 1)).log_softmax(-1).select(-1, 3).mean();
        }
    }

    [Fact]
    public void Gradients_pass_rounded_keys_as_if_they_were_not_rounded()
    {
        using var scope = NewDisposeScope();
        var keys = rand(1, 1, 3, 8).requires_grad_(true);

        var rounded = new DocumentVectors(keys, keys).Quantized().Keys;
        rounded.sum().backward();

        var codes = rounded / rounded.abs().amax([-1], keepdim: true) * sbyte.MaxValue;
        Assert.True(codes.allclose(codes.round(), rtol: 0, atol: 1e-3));
        Assert.False(rounded.equal(keys).all().item<bool>());
        Assert.True(keys.grad!.equal(ones_like(keys)).all().item<bool>());
    }

    [Fact]
    public void The_share_of_tokens_whose_source_was_retrieved_is_told_by_layer_and_head()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random("llama", Settings);
        var (document, row) = Example(model.Config);
        using var decoder = new RetrievalDecoder(model, 0, s_header);
        var gold = new int[row.Tokens.Length];
        Array.Fill(gold, -1);
        gold[^1] = 7;
        var selections = new[] { Nearest(model), All(model) };

        foreach (var selection in selections)
        {
            decoder.Read([row with { Gold = gold }], decoder.Encode([document[..20]]), selection);
        }

        Assert.Equal(4, selections[0].GoldShares.Count);
        Assert.Equal([1, 1, 1, 1], selections[1].GoldShares);
        Assert.Empty(Unknown().GoldShares);

        RetrievalSelection Unknown()
        {
            var selection = Nearest(model);
            decoder.Read([row], decoder.Encode([document]), selection);
            return selection;
        }
    }

    private static AdapterSettings Settings => new() { Rank = 3, Layers = new HashSet<int>() };

    private static RetrievalSelection Nearest(InfiniDecoder model) =>
        new(new NearestHits(s_mode.Neighbors), s_mode, model.Config.ContextLength);

    private static RetrievalSelection All(InfiniDecoder model) =>
        new(new NearestHits(20), new PerLayerMode { Plan = new SpanPlan(0, 1, 20) }, model.Config.ContextLength);

    private static void AssertEngineLogits(string family, int layerBegin, int documentTokens)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random(family, Settings);
        var (document, row) = Example(model.Config, documentTokens);

        using var decoder = new RetrievalDecoder(model, layerBegin, s_header);
        var states = decoder.Read([row], decoder.Encode([document]), Nearest(model));
        var found = model.Logits(states).data<float>().ToArray();

        var expected = EngineLogits(family, model, layerBegin, document, row);
        AssertClose(expected, found[(s_header.Length * model.Config.VocabularySize)..], 2e-3f);
    }

    private static (int[] Document, PromptRow Row) Example(DecoderConfig config, int documentTokens = DocumentTokens)
    {
        int[] tokens = [.. s_header, .. TinyModels.Tokens(config, PromptTokens + 4, seed: 3)];
        return (
            TinyModels.Tokens(config, documentTokens, seed: 2),
            new PromptRow(0, tokens, s_header.Length + PromptTokens)
        );
    }

    private static float[] EngineLogits(
        string family,
        InfiniDecoder model,
        int layerBegin,
        int[] document,
        PromptRow row
    )
    {
        using var plain = Decoder.Load(TinyModels.PathOf(family), Precision.Float32);
        var adapted = plain.WithLora(AdapterExport.Changes(model));
        var layout = KeyLayout.Of(adapted.Config, new RetrievalHeads(layerBegin, 0, [0], 0), KeyDepth.Full, layerBegin);
        using var encoder = new KeyEncoder(adapted, layout, s_header, threads: 1);
        var memory = new TextTokenMemory(encoder);
        memory.Add("document", document);
        var prompt = new RetrievalPrompt(s_header, [], [], row.Tokens[s_header.Length..row.PromptTokens]);
        using var reading = s_mode.Begin(new ReadingSource(adapted, memory, layout, 1), prompt, []);
        return Engine.Logits(reading.Run, [.. reading.Prompt.Span, .. row.Tokens[row.PromptTokens..]]);
    }

    private static void AssertClose(float[] expected, float[] found, float tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance);
        }
    }
}
