using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Search;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Storage.Keys;
using McpLongContext.Tests.Shared;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.CrossAttention;

/// <summary>Retrieval in cross-attention against plain attention and against the paper's sums, computed directly.</summary>
public sealed class RetrievalCrossAttentionTests : IDisposable
{
    private const float Tolerance = 1e-4f;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cross-attention-");
    private readonly ComputeThreadPool _threadPool = new(2);

    public static TheoryData<string> Names => [.. TinyEncoderDecoder.All.Select(one => one.Name)];

    public void Dispose()
    {
        _threadPool.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Within_the_window_it_is_plain_generation(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var model = Load(golden);
        var frame = SourceFrame.Of(model.Config, []);
        var states = Encode(model, frame, golden.Source, model.Config.Window);
        var plain = new float[states.Length];
        using (var encoder = model.CreateEncoder(threads: 1))
        {
            encoder.Encode([.. frame.Before, .. golden.Source, .. frame.After], plain);
        }

        Assert.Equal(plain, states);
        AssertSameTexts(model, plain, new ExactSource(states, model.Config.HiddenSize), golden);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void With_all_tokens_it_is_full_attention_over_all_windows(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var model = Load(golden);
        int[] source = [.. Enumerable.Range(0, 10).SelectMany(_ => golden.Source)];
        var states = Encode(model, SourceFrame.Of(model.Config, [7, 8]), source, window: 40);

        Assert.Equal(
            (source.Length + 3 + (name.StartsWith("bart", StringComparison.Ordinal) ? 1 : 0)) * model.Config.HiddenSize,
            states.Length
        );
        AssertSameTexts(model, states, new ExactSource(states, model.Config.HiddenSize), golden);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_head_attends_to_its_own_best_tokens(string name)
    {
        using var model = Load(TinyEncoderDecoder.Of(name));
        const int Tokens = 5000;
        const int Top = 60;
        var states = NamedWeights.Uniform("states", Tokens * model.Config.HiddenSize, 1.5);
        var source = new ExactSource(states, model.Config.HiddenSize);

        foreach (var layer in Enumerable.Range(0, model.Config.Decoder.LayerCount))
        {
            var (found, queries) = Attend(model, source, Top, layer, rows: 3);

            var (expected, _) = Reference(model, states, queries, Top, layer);
            AssertClose(expected, found, 2e-4f);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void States_in_8_bits_are_found_and_read_as_they_are_kept(string name)
    {
        using var model = Load(TinyEncoderDecoder.Of(name));
        const int Tokens = 9000;
        const int Top = 64;
        var hidden = model.Config.HiddenSize;
        // What all states have in common is far longer than what they differ by, as in trained encoders.
        var residuals = NamedWeights.Uniform("states", Tokens * hidden, 1.5);
        var mean = new SourceMean(NamedWeights.Uniform("mean", hidden, 15));
        var states = residuals.ToArray();
        mean.Add(states);
        // Parts of other lengths than the blocks of the search.
        var parts = new List<IKeyBlock>();
        foreach (var (first, count) in (ReadOnlySpan<(int, int)>)[(0, 1), (1, 6000), (6001, 2999)])
        {
            var part = new KeyBuffer(new KeyShape(1, hidden));
            part.Append(0, residuals.AsSpan(first * hidden, count * hidden));
            parts.Add(part);
        }

        var source = new QuantizedSource(parts, mean, _threadPool);
        var kept = new float[states.Length];
        source.Read(0, kept);
        AssertClose(states, kept, 1.5f / 127);
        var (found, queries) = Attend(model, source, Top, layer: 1, rows: 2);
        var (expected, hits) = Reference(model, kept, queries, Top, layer: 1);

        // The search in integers finds nearly all of them at once; as more are taken and compared again, the rest is found.
        Assert.InRange(Recall(model, source, queries, hits, Top), 0.9, 1);
        AssertClose(expected, found, 0.05f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(100)]
    [InlineData(202)]
    public void Encoding_goes_on_where_it_was_stopped(int from)
    {
        var golden = TinyEncoderDecoder.Of("bart");
        using var model = Load(golden);
        int[] source = [.. Enumerable.Range(0, 7).SelectMany(_ => golden.Source)];
        var frame = SourceFrame.Of(model.Config, [9]);
        var whole = Encode(model, frame, source, window: 40);
        using var encoder = new SourceEncoder(model, frame, window: 40, threads: 2);
        var rest = new List<float>();
        encoder.Encode(source, Keep, from);

        Assert.Equal(whole[((frame.Before.Count + from) * model.Config.HiddenSize)..], rest);

        bool Keep(ReadOnlySpan<float> part, int window, int windows)
        {
            rest.AddRange(part);
            return true;
        }
    }

    [Fact]
    public void Layers_below_layer_begin_read_the_first_window()
    {
        var golden = TinyEncoderDecoder.Of("t5");
        using var model = Load(golden);
        int[] tokens = [.. golden.Source, .. golden.Source.Reverse(), .. golden.Source];
        var states = Encode(model, SourceFrame.Of(model.Config, []), tokens, window: 30);
        var first = states.AsSpan(0, 30 * model.Config.HiddenSize);
        var lower = new CachedCrossAttention(model, first, _threadPool, layers: 2);
        var attention = new RetrievalCrossAttention(
            new CrossProjections(model, layerBegin: 2),
            new ExactSource(states, model.Config.HiddenSize),
            top: int.MaxValue,
            lower
        );
        var whole = new CachedCrossAttention(model, states, _threadPool);

        Assert.Throws<ArgumentException>(
            "lower",
            () => new RetrievalCrossAttention(new CrossProjections(model, 2), new ExactSource(states, 24), 9)
        );
        foreach (var (layer, expected) in new[] { (0, lower), (1, lower), (2, whole) })
        {
            AssertClose(
                Attend(model, expected, layer, rows: 1).Attended,
                Attend(model, attention, layer, rows: 1).Attended,
                1e-4f
            );
        }
    }

    [Fact]
    public void What_was_attended_to_most_is_recorded()
    {
        var golden = TinyEncoderDecoder.Of("bart");
        using var model = Load(golden);
        var states = Encode(model, SourceFrame.Of(model.Config, []), golden.Source, window: 64);
        var (plain, retrieved) = (new AttendedSource(31), new AttendedSource(31));
        using (
            var target = model.CreateTarget(
                new CachedCrossAttention(model, states, _threadPool) { Attended = plain },
                threads: 2
            )
        )
        {
            Search(target);
        }

        using (
            var target = model.CreateTarget(
                new RetrievalCrossAttention(new CrossProjections(model), new ExactSource(states, 32), 31)
                {
                    Attended = retrieved,
                },
                threads: 2
            )
        )
        {
            var rows = Search(target).Rows;
            Assert.NotEmpty(rows);
            foreach (var row in rows)
            {
                var expected = plain.Of(row);
                Assert.Equal(1, expected.Sum(one => one.Weight), 1e-4f);
                Assert.Equal(
                    expected.Select(one => one.Token).Take(3),
                    retrieved.Of(row).Select(one => one.Token).Take(3)
                );
                Assert.Equal(expected[0].Weight, retrieved.Of(row)[0].Weight, 1e-4f);
            }
        }
    }

    private EncoderDecoder Load(TinyEncoderDecoder golden)
    {
        golden.Write(_folder.FullName);
        return EncoderDecoder.Load(_folder.FullName, Precision.Float32, threads: 1);
    }

    private static float[] Encode(EncoderDecoder model, SourceFrame frame, int[] tokens, int window)
    {
        using var encoder = new SourceEncoder(model, frame, window, threads: 2);
        var states = new List<float>();
        encoder.Encode(tokens, Keep);
        return [.. states];

        bool Keep(ReadOnlySpan<float> part, int window, int windows)
        {
            states.AddRange(part);
            return true;
        }
    }

    private static FoundTarget Search(TargetSession target) =>
        new BeamSearch(target, new BeamSettings { MaxLength = 16, Beams = 3 }).Run();

    /// <summary>The same tokens, and logits within the tolerance.</summary>
    private static void AssertSameTexts(
        EncoderDecoder model,
        float[] states,
        ExactSource source,
        TinyEncoderDecoder golden
    )
    {
        var projections = new CrossProjections(model);
        using var plain = model.CreateTarget(states, threads: 2);
        using var retrieving = model.CreateTarget(
            new RetrievalCrossAttention(projections, source, source.Tokens),
            threads: 2
        );
        var expected = new float[model.Config.VocabularySize];
        var found = new float[expected.Length];
        for (var i = 0; i < golden.Target.Length; i++)
        {
            int[] parents = i == 0 ? [] : [0];
            plain.Step([golden.Target[i]], parents, expected);
            retrieving.Step([golden.Target[i]], parents, found);
            AssertClose(expected, found, Tolerance);
        }

        using var plainSearch = model.CreateTarget(states, threads: 2);
        using var retrievingSearch = model.CreateTarget(
            new RetrievalCrossAttention(projections, source, int.MaxValue),
            threads: 2
        );
        Assert.Equal(Search(plainSearch).Tokens, Search(retrievingSearch).Tokens);
    }

    private (float[] Attended, float[] Queries) Attend(
        EncoderDecoder model,
        IEncodedSource source,
        int top,
        int layer,
        int rows
    ) => Attend(model, new RetrievalCrossAttention(new CrossProjections(model), source, top), layer, rows);

    private (float[] Attended, float[] Queries) Attend(
        EncoderDecoder model,
        ICrossAttention attention,
        int layer,
        int rows
    )
    {
        var queries = NamedWeights.Uniform("queries", rows * model.Config.Decoder.InnerSize, 3);
        var attended = new float[queries.Length];
        attention.Attend(layer, rows, queries, attended, _threadPool);
        return (attended, queries);
    }

    /// <summary>The paper's sums in double precision: keys and values of all tokens, the best k of each head.</summary>
    private static (float[] Attended, List<int[]> Hits) Reference(
        EncoderDecoder model,
        float[] states,
        float[] queries,
        int top,
        int layer
    )
    {
        var (stack, hidden) = (model.Config.Decoder, model.Config.HiddenSize);
        var projection = model.ReadCrossProjection(layer);
        var scale = model.Config.AttentionScale ?? 1 / Math.Sqrt(stack.HeadDim);
        var (attended, hits) = (new float[queries.Length], new List<int[]>());
        for (var part = 0; part < queries.Length / stack.HeadDim; part++)
        {
            var head = part % stack.HeadCount;
            var scores = new double[states.Length / hidden];
            for (var token = 0; token < scores.Length; token++)
            {
                for (var d = 0; d < stack.HeadDim; d++)
                {
                    scores[token] +=
                        scale * queries[(part * stack.HeadDim) + d] * Project(projection.Key, head, d, token);
                }
            }

            int[] best = [.. Enumerable.Range(0, scores.Length).OrderByDescending(token => scores[token]).Take(top)];
            var weights = best.Select(token => Math.Exp(scores[token] - scores[best[0]])).ToArray();
            for (var d = 0; d < stack.HeadDim; d++)
            {
                var sum = best.Zip(weights, (token, weight) => weight * Project(projection.Value, head, d, token))
                    .Sum();
                var bias = projection.ValueBias.Length == 0 ? 0 : projection.ValueBias[(head * stack.HeadDim) + d];
                attended[(part * stack.HeadDim) + d] = (float)((sum / weights.Sum()) + bias);
            }

            hits.Add(best);
        }

        return (attended, hits);

        double Project(float[] matrix, int head, int d, int token)
        {
            var row = ((head * stack.HeadDim) + d) * hidden;
            var sum = 0.0;
            for (var i = 0; i < hidden; i++)
            {
                sum += (double)matrix[row + i] * states[(token * hidden) + i];
            }

            return sum;
        }
    }

    /// <summary>The share of each head's best tokens that the search in integers finds.</summary>
    private static double Recall(
        EncoderDecoder model,
        QuantizedSource source,
        float[] queries,
        List<int[]> hits,
        int top
    )
    {
        var (projections, stack) = (new CrossProjections(model), model.Config.Decoder);
        var found = 0.0;
        for (var part = 0; part < hits.Count; part++)
        {
            var query = new float[source.Dimensions];
            projections.Expand(1, part % stack.HeadCount, queries.AsSpan(part * stack.HeadDim, stack.HeadDim), query);
            var (best, places) = (new TopScores(top), new int[top]);
            for (var block = 0; block < source.Blocks; block++)
            {
                var (first, count) = source.RangeOf(block);
                var scores = new float[count];
                source.Score(block, query, scores);
                best.Add(scores, first);
            }

            best.Take(places);
            found += places.Intersect(hits[part]).Count() / (double)top;
        }

        return found / hits.Count;
    }

    private static void AssertClose(float[] expected, float[] found, float tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                MathF.Abs(expected[i] - found[i]) <= tolerance * Math.Max(1, MathF.Abs(expected[i])),
                $"{found[i]} found at {i}, expected {expected[i]}"
            );
        }
    }
}
