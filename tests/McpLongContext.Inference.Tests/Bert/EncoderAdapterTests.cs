using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tests.Bert;

/// <summary>A random adapter of a random encoder of width 20.</summary>
public sealed class EncoderAdapterTests : IDisposable
{
    private const int Rank = 2;
    private const int Dimensions = 64;
    private const string Model = "0123456789abcdef";

    private static readonly BertConfig s_config = BertConfig.Load(
        Path.Combine(Golden.PathOf("tiny-bert"), "config.json")
    );
    private static readonly int[] s_tokens = [2, 5, 30, 8, 3];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("adapter-");

    private string PathOfAdapter => Path.Combine(_folder.FullName, EncoderAdapter.FileName);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void States_are_those_of_weights_with_the_changes_added()
    {
        var changes = AllChanges();
        WriteMerged(changes);
        using var merged = BertEncoder.Load(_folder.FullName);

        using var adapted = BertEncoder.Load(Golden.PathOf("tiny-bert"), adapter: Load(changes));

        using var plain = BertEncoder.Load(Golden.PathOf("tiny-bert"));
        var expected = Encode(merged);
        Assert.Equal(expected, Encode(adapted), (x, y) => Math.Abs(x - y) < 1e-5);
        Assert.Contains(expected.Zip(Encode(plain)), pair => Math.Abs(pair.First - pair.Second) > 0.01);
    }

    [Fact]
    public void Embeddings_are_projected_states()
    {
        var projection = Values(Dimensions * s_config.HiddenSize, seed: 9);
        using var encoder = BertEncoder.Load(Golden.PathOf("tiny-bert"), adapter: Load(AllChanges(), projection));
        var embeddings = new float[s_tokens.Length * Dimensions];

        encoder.CreateSession().Embed(s_tokens, [s_tokens.Length], embeddings);

        Assert.Equal(Dimensions, encoder.EmbeddingSize);
        var states = Encode(encoder);
        for (var i = 0; i < embeddings.Length; i++)
        {
            var (token, dimension) = Math.DivRem(i, Dimensions);
            var expected = 0.0;
            for (var h = 0; h < s_config.HiddenSize; h++)
            {
                expected +=
                    (double)projection[(dimension * s_config.HiddenSize) + h]
                    * states[(token * s_config.HiddenSize) + h];
            }

            Assert.Equal(expected, embeddings[i], 1e-4);
        }
    }

    [Fact]
    public void The_identity_is_known_without_the_tensors_and_differs_with_them()
    {
        var first = Load(AllChanges());

        Assert.Equal(first.Identity, EncoderAdapter.IdentityIn(_folder.FullName));
        Assert.NotEqual(first.Identity, Load([.. AllChanges().Take(3)]).Identity);
        Assert.Null(EncoderAdapter.IdentityIn(Golden.PathOf("tiny-bert")));
    }

    [Fact]
    public void An_adapter_beside_the_weights_is_not_taken_for_weights()
    {
        foreach (var name in (string[])["config.json", "tokenizer.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(Golden.PathOf("tiny-bert"), name), Path.Combine(_folder.FullName, name));
        }

        Load(AllChanges());

        using var encoder = BertEncoder.Load(_folder.FullName);
        Assert.Equal(s_config.HiddenSize, encoder.EmbeddingSize);
    }

    [Fact]
    public void An_adapter_of_another_encoder_is_refused_by_name()
    {
        Load(AllChanges());

        Refused(
            "'other': the adapter is for another encoder",
            () => EncoderAdapter.Load(PathOfAdapter, s_config, "other")
        );
        Refused(
            "tensor 'layers.0.query.a'",
            () => EncoderAdapter.Load(PathOfAdapter, s_config with { HiddenSize = 24 }, Model)
        );
        Refused("expected 12", () => EncoderAdapter.Load(PathOfAdapter, s_config with { LayerCount = 1 }, Model));
    }

    [Fact]
    public void A_flipped_bit_is_noticed()
    {
        Load(AllChanges());
        var bytes = File.ReadAllBytes(PathOfAdapter);
        bytes[^1] ^= 1;
        File.WriteAllBytes(PathOfAdapter, bytes);

        Refused("the file is damaged", () => EncoderAdapter.Load(PathOfAdapter, s_config, Model));
    }

    private EncoderAdapter Load(IReadOnlyList<EncoderChange> changes, float[]? projection = null)
    {
        using (var file = File.Create(PathOfAdapter))
        {
            EncoderAdapterWriter.Write(file, s_config, Model, changes, projection ?? []);
        }

        return EncoderAdapter.Load(PathOfAdapter, s_config, Model);
    }

    private static void Refused(string message, Action load) =>
        Assert.Contains(message, Assert.Throws<CheckpointException>(load).Message, StringComparison.Ordinal);

    private static EncoderChange[] AllChanges()
    {
        var seed = 1;
        return
        [
            .. from layer in Enumerable.Range(0, s_config.LayerCount)
            from linear in Enum.GetValues<EncoderLinear>()
            let shape = EncoderAdapter.ShapeOf(linear, s_config)
            select new EncoderChange(
                layer,
                linear,
                Rank,
                Values(Rank * shape.Inputs, seed++),
                Values(shape.Outputs * Rank, seed++)
            ),
        ];
    }

    /// <summary>Numbers that half precision holds.</summary>
    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(Half)((random.NextDouble() - 0.5) * 0.4))];
    }

    /// <summary>The encoder with W + B A, added in double precision, as its weights.</summary>
    private void WriteMerged(IReadOnlyList<EncoderChange> changes)
    {
        var source = Golden.PathOf("tiny-bert");
        File.Copy(Path.Combine(source, "config.json"), Path.Combine(_folder.FullName, "config.json"));
        File.Copy(Path.Combine(source, "tokenizer.json"), Path.Combine(_folder.FullName, "tokenizer.json"));
        using var file = SafetensorsFile.Open(Path.Combine(source, "model.safetensors"));
        var tensors = new List<SafetensorsEntry>();
        foreach (var (name, info) in file.Tensors)
        {
            int[] shape = [.. info.Shape.Select(size => (int)size)];
            var values = file.Read(name, shape);
            if (changes.FirstOrDefault(change => name == NameOf(change)) is { } change)
            {
                var inputs = shape[1];
                for (var i = 0; i < values.Length; i++)
                {
                    var (output, input) = Math.DivRem(i, inputs);
                    var added = 0.0;
                    for (var r = 0; r < Rank; r++)
                    {
                        added += (double)change.Up.Span[(output * Rank) + r] * change.Down.Span[(r * inputs) + input];
                    }

                    values[i] = (float)(values[i] + added);
                }
            }

            tensors.Add(new SafetensorsEntry(name, shape, values));
        }

        using var target = File.Create(Path.Combine(_folder.FullName, "model.safetensors"));
        SafetensorsWriter.Write(target, tensors, new Dictionary<string, string>());
    }

    private static string NameOf(EncoderChange change) =>
        $"encoder.layer.{change.Layer}."
        + change.Linear switch
        {
            EncoderLinear.AttentionOutput => "attention.output.dense.weight",
            EncoderLinear.Intermediate => "intermediate.dense.weight",
            EncoderLinear.Output => "output.dense.weight",
            var linear => $"attention.self.{linear.ToString().ToLowerInvariant()}.weight",
        };

    private static float[] Encode(BertEncoder encoder)
    {
        var states = new float[s_tokens.Length * s_config.HiddenSize];
        encoder.CreateSession().Encode(s_tokens, [s_tokens.Length], states);
        return states;
    }
}
