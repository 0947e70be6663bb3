using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Training.Encoders;
using McpLongContext.Training.Modules.Bert;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Modules;

/// <summary>The modules against the encoder that runs what they train, on the same weights.</summary>
public sealed class BertModuleTests : IDisposable
{
    private const string Model = "0123456789abcdef";

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "tiny-bert");

    // A sequence, one that is filled up, and one of special tokens alone.
    private static readonly EncoderInput[] s_inputs =
    [
        new([2, 5, 30, 8, 9, 3], [false, false, true, true, false, false]),
        new([2, 7, 40, 3], [false, true, true, false]),
        new([2, 3], [false, false]),
    ];

    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("bert-module-");

    public void Dispose() => _scratch.Delete(recursive: true);

    [Theory]
    [InlineData(null)]
    [InlineData(64)]
    public void Embeddings_are_those_of_the_encoder_with_the_adapter(int? dimensions)
    {
        using var scope = NewDisposeScope();
        using var model = Random(dimensions);
        var batch = new EncoderBatch(s_inputs);

        var embeddings = model.Project(model.States(batch.Tokens, batch.IsToken));

        using var encoder = BertEncoder.Load(s_folder, Precision.Float32, Export(model));
        foreach (var (row, input) in s_inputs.Index())
        {
            var expected = new float[input.Tokens.Length * encoder.EmbeddingSize];
            encoder.CreateSession().Embed(input.Tokens, [input.Tokens.Length], expected);
            var found = embeddings[row].narrow(0, 0, input.Tokens.Length).contiguous().data<float>().ToArray();
            Assert.Equal(expected, found, (x, y) => Math.Abs(x - y) < 1e-4 * Math.Max(1, Math.Abs(x)));
        }
    }

    [Fact]
    public void Without_the_adapter_they_are_those_of_the_encoder_as_it_is()
    {
        using var scope = NewDisposeScope();
        using var model = Random(dimensions: null);
        var batch = new EncoderBatch(s_inputs[..1]);

        var states = model.PlainStates(batch.Tokens, batch.IsToken);

        using var encoder = BertEncoder.Load(s_folder);
        var expected = new float[s_inputs[0].Tokens.Length * encoder.EmbeddingSize];
        encoder.CreateSession().Encode(s_inputs[0].Tokens, [s_inputs[0].Tokens.Length], expected);
        Assert.Equal(expected, states.data<float>().ToArray(), (x, y) => Math.Abs(x - y) < 1e-4);
        Assert.False(states.requires_grad);
    }

    [Fact]
    public void Gradients_are_those_of_finite_differences()
    {
        using var scope = NewDisposeScope();
        using var model = Random(dimensions: 64);
        var batch = new EncoderBatch(s_inputs[..2]);
        Loss().backward();
        foreach (var parameter in model.Changes)
        {
            using var frozen = no_grad();
            // Along the gradient itself, where the difference is largest beside the rounding of fp32.
            var gradient = parameter.grad!;
            var norm = gradient.norm().item<float>();
            var step = gradient / norm * 0.003;
            parameter.add_(step);
            var above = Loss().item<float>();
            parameter.sub_(step * 2);
            var below = Loss().item<float>();
            parameter.add_(step);
            Assert.Equal(norm, (above - below) / 0.006f, (0.02f * norm) + 5e-4f);
        }

        Tensor Loss()
        {
            var states = model.States(batch.Tokens, batch.IsToken);
            var embeddings = model.Project(states);
            var weights = batch.IsKept.to_type(ScalarType.Float32);
            return ContrastiveLoss.Of(ContrastiveLoss.MaxSim(embeddings, weights, embeddings, batch.IsKept), 0.2)
                + ContrastiveLoss.Of(ContrastiveLoss.Pooled(embeddings, batch.IsKept, embeddings, batch.IsKept), 0.2)
                + ContrastiveLoss.Change(model.PlainStates(batch.Tokens, batch.IsToken), states, batch.IsKept);
        }
    }

    [Fact]
    public void A_projection_begins_at_directions_that_keep_all_that_varies()
    {
        using var scope = NewDisposeScope();
        using var model = BertModule.Load(s_folder, new BertModuleSettings { Dimensions = 3 });
        // States of three directions alone.
        var states = randn(40, 3).matmul(randn(3, model.Config.HiddenSize));

        model.BeginProjection(states);

        using var frozen = no_grad();
        var projected = model.Project(states);
        var (before, after) = (states.matmul(states.transpose(0, 1)), projected.matmul(projected.transpose(0, 1)));
        Assert.True(before.allclose(after, rtol: 1e-3, atol: 1e-2));
    }

    /// <summary>A module whose parameters are random numbers that half precision holds.</summary>
    private static BertModule Random(int? dimensions)
    {
        using var generator = new Generator(5);
        var model = BertModule.Load(
            s_folder,
            new BertModuleSettings
            {
                Rank = 4,
                Alpha = 4,
                Dimensions = dimensions,
            }
        );
        using var frozen = no_grad();
        foreach (var parameter in model.Changes)
        {
            var values = randn(parameter.shape, generator: generator) * 0.2;
            parameter.copy_(values.to_type(ScalarType.Float16).to_type(ScalarType.Float32));
        }

        return model;
    }

    private EncoderAdapter Export(BertModule model)
    {
        var path = Path.Combine(_scratch.FullName, EncoderAdapter.FileName);
        using (var file = File.Create(path))
        {
            EncoderAdapterWriter.Write(file, model.Config, Model, model.ExportChanges(), model.ExportProjection());
        }

        return EncoderAdapter.Load(path, model.Config, Model);
    }
}
