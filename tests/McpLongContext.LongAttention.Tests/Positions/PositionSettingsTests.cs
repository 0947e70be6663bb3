using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using McpLongContext.Inference;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Positions;
using McpLongContext.Tests.Shared;

namespace McpLongContext.LongAttention.Tests.Positions;

/// <summary>Models with expanded positions: a random encoder of 40 positions, and stories15M of 256.</summary>
public sealed class PositionSettingsTests : IDisposable
{
    private const int Window = 40;

    private static readonly string s_tinyBert = Path.Combine(AppContext.BaseDirectory, "tiny-bert");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(PositionMethod.Copy)]
    [InlineData(PositionMethod.Interpolation)]
    public void An_encoder_reads_beyond_its_trained_window(PositionMethod method)
    {
        using var trained = BertEncoder.Load(s_tinyBert);
        var expanded = new PositionSettings(Window, 100, method).Apply(trained);

        Assert.Equal(98, expanded.MaxTextTokens);
        Assert.All(Embeddings(expanded, 100), value => Assert.True(float.IsFinite(value)));
        Assert.Throws<ArgumentException>("lengths", () => Embeddings(trained, 100));
        Assert.Throws<ArgumentException>("lengths", () => Embeddings(expanded, 101));
    }

    [Fact]
    public void With_copied_positions_what_fits_the_trained_window_is_read_bit_for_bit_as_before()
    {
        using var trained = BertEncoder.Load(s_tinyBert);
        var expanded = new PositionSettings(Window, 100, PositionMethod.Copy).Apply(trained);
        var stretched = new PositionSettings(Window, 100, PositionMethod.Interpolation).Apply(trained);
        var computed = Embeddings(trained, Window);

        Assert.Equal(computed, Embeddings(expanded, Window));
        Assert.NotEqual(computed, Embeddings(stretched, Window));
        Assert.Same(trained, PositionSettings.Trained(Window).Apply(trained));
    }

    [Fact]
    public void A_computed_table_is_recomputed_so_that_a_longer_one_is_the_same_as_a_trained_one()
    {
        WriteSinusoidal(_folder.FullName);
        using var trained = BertEncoder.Load(_folder.FullName);
        var table = trained.ReadTrainedPositions();
        var width = trained.Config.HiddenSize;
        Assert.Equal(SinusoidalTable.Order.Interleaved, SinusoidalTable.Recognize(table, width));

        var expanded = new PositionSettings(Window, 90, PositionMethod.Recompute).Apply(trained);

        Assert.Equal(90, expanded.Config.MaxPositions);
        Assert.Equal(Embeddings(trained, Window), Embeddings(expanded, Window));
        var whole = SinusoidalTable.Extend([], width, SinusoidalTable.Order.Interleaved, 90);
        Assert.Equal(Embeddings(trained.WithPositions(whole), 90), Embeddings(expanded, 90));
        AssertRejected(() => new PositionSettings(Window, 90, PositionMethod.Copy).Apply(trained));
    }

    [Fact]
    public void Settings_of_another_model_are_rejected()
    {
        using var trained = BertEncoder.Load(s_tinyBert);
        AssertRejected(() => PositionSettings.Trained(41).Apply(trained));
        AssertRejected(() => new PositionSettings(41, 80, PositionMethod.Copy).Apply(trained));
        AssertRejected(() => new PositionSettings(Window, 80, PositionMethod.Yarn).Apply(trained));
        AssertRejected(() => new PositionSettings(Window, 80, PositionMethod.Recompute).Apply(trained));
    }

    [Fact]
    public void A_table_of_another_width_is_rejected()
    {
        using var trained = BertEncoder.Load(s_tinyBert);
        var width = trained.Config.HiddenSize;
        Assert.Throws<ArgumentException>("table", () => trained.WithPositions(new float[(5 * width) + 1]));
        Assert.Throws<ArgumentException>("table", () => trained.WithPositions(new float[2 * width]));
    }

    [Theory]
    [InlineData(PositionMethod.Yarn)]
    [InlineData(PositionMethod.Ntk)]
    public async Task Beyond_the_trained_window_expanded_positions_predict_a_text_where_trained_ones_collapse(
        PositionMethod method
    )
    {
        using var trained = Decoder.Load(await TestModels.StoriesAsync(), Precision.Float32);
        var settings = new PositionSettings(256, 1024, method);
        var expanded = settings.Apply(trained);
        Assert.Equal(1024, expanded.Config.ContextLength);
        int[] story = [1, .. await StoryAsync(trained, tokens: 200)];
        // The same story over and over, so that the end of it can be predicted from what was read.
        int[] text = [.. Enumerable.Repeat(story, 4).SelectMany(tokens => tokens)];

        var before = Perplexity(trained.WithPositions(1024, trained.Config.RotaryScaling), text, from: 512);
        var after = Perplexity(expanded, text, from: 512);

        Assert.True(after * 3 < before, $"{method}: {after:0.0} after, {before:0.0} before");
        Assert.InRange(after, 1, 8);
    }

    [Fact]
    public async Task The_parity_of_a_decoder_is_that_of_its_logits()
    {
        using var trained = Decoder.Load(await TestModels.StoriesAsync(), Precision.Float32);
        int[] text = [1, .. await StoryAsync(trained, tokens: 40)];
        var expanded = new PositionSettings(256, 512, PositionMethod.Linear).Apply(trained);

        var same = PositionParity.Measure(trained, PositionSettings.Trained(256).Apply(trained), text);
        var parity = PositionParity.Measure(trained, expanded, text);

        Assert.Equal((41, 0, 0, 1), (same.Tokens, same.LargestChange, same.Divergence, same.SameChoices));
        Assert.Equal(same.TrainedPerplexity, same.Perplexity);
        Assert.Null(same.Similarity);
        Assert.Equal(Perplexity(trained, text, from: 1), parity.TrainedPerplexity!.Value, 1e-3);
        Assert.Equal(Perplexity(expanded, text, from: 1), parity.Perplexity!.Value, 1e-3);
        Assert.True(parity.Perplexity > parity.TrainedPerplexity);
        Assert.InRange(parity.LargestChange, 0.1, 100);
        Assert.InRange(parity.Divergence!.Value, 0.01, 10);
        Assert.InRange(parity.SameChoices!.Value, 0.1, 0.99);
    }

    [Fact]
    public void The_parity_of_an_encoder_is_that_of_its_states()
    {
        using var trained = BertEncoder.Load(s_tinyBert);
        int[] text = [5, 6, 7, 8, 9];

        var copied = PositionParity.Measure(trained, Expand(PositionMethod.Copy), text);
        var stretched = PositionParity.Measure(trained, Expand(PositionMethod.Interpolation), text);

        Assert.Equal((7, 0, 1), (copied.Tokens, copied.LargestChange, copied.Similarity));
        Assert.Null(copied.Perplexity);
        Assert.InRange(stretched.Similarity!.Value, -1, 0.9999);
        Assert.InRange(stretched.LargestChange, 0.01, 10);

        BertEncoder Expand(PositionMethod method) => new PositionSettings(Window, 400, method).Apply(trained);
    }

    private static float[] Embeddings(BertEncoder encoder, int length)
    {
        int[] tokens = [.. Enumerable.Range(0, length).Select(i => (i * 7) % encoder.Config.VocabularySize)];
        var embeddings = new float[length * encoder.Config.HiddenSize];
        encoder.CreateSession().Encode(tokens, [length], embeddings);
        return embeddings;
    }

    private static async Task<List<int>> StoryAsync(Decoder model, int tokens)
    {
        using var run = model.CreateSession(threads: 2);
        var story = new List<int>();
        await foreach (var token in run.GenerateAsync(new[] { 1 }, Greedy, tokens, []))
        {
            story.Add(token);
        }

        return story;

        static int Greedy(ReadOnlySpan<float> logits) => TensorPrimitives.IndexOfMax(logits);
    }

    /// <summary>Written apart from what it checks: a sum over a softmax of doubles.</summary>
    private static double Perplexity(Decoder model, int[] tokens, int from)
    {
        using var run = model.CreateSession(threads: 2);
        var (hidden, vocabulary) = (model.Config.HiddenSize, model.Config.VocabularySize);
        var embeddings = new float[tokens.Length * hidden];
        run.Forward(tokens, embeddings);
        var logits = new float[tokens.Length * vocabulary];
        run.Logits(embeddings, logits);
        var likelihood = Enumerable
            .Range(from, tokens.Length - from)
            .Select(i =>
            {
                var row = logits[((i - 1) * vocabulary)..(i * vocabulary)];
                return -Math.Log(Math.Exp(row[tokens[i]]) / row.Sum(logit => Math.Exp(logit)));
            });
        return Math.Exp(likelihood.Average());
    }

    private static void AssertRejected(Action apply) =>
        Assert.Contains(PositionFile.Name, Assert.Throws<ModelException>(apply).Message, StringComparison.Ordinal);

    /// <summary>The random encoder with a computed table in the place of the learned one.</summary>
    private static void WriteSinusoidal(string folder)
    {
        foreach (var file in Directory.GetFiles(s_tinyBert))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var path = Path.Combine(folder, "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var tensor = JsonElement.Parse(bytes.AsSpan(8, header)).GetProperty("embeddings.position_embeddings.weight");
        Assert.Equal("F32", tensor.GetProperty("dtype").GetString());
        var width = tensor.GetProperty("shape")[1].GetInt32();
        var start = 8 + header + tensor.GetProperty("data_offsets")[0].GetInt32();
        var table = SinusoidalTable.Extend([], width, SinusoidalTable.Order.Interleaved, Window);
        MemoryMarshal.AsBytes<float>(table).CopyTo(bytes.AsSpan(start));
        File.WriteAllBytes(path, bytes);
    }
}
