using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Tests.Embeddings;

public class TokenEmbeddingCodecTests
{
    [Fact]
    public void A_restored_state_points_the_way_of_the_original()
    {
        var profile = StateSamples.Profile();
        var codec = new TokenEmbeddingCodec(profile);
        var embeddings = StateSamples.Random(profile, 50, 1);
        for (var i = 0; i < 50; i++)
        {
            var (centered, restored) = RoundTrip(
                profile,
                codec,
                embeddings.AsSpan(i * StateSamples.Width, StateSamples.Width)
            );
            var similarity =
                StateSamples.Dot(centered, restored)
                / MathF.Sqrt(StateSamples.Dot(centered, centered) * StateSamples.Dot(restored, restored));
            Assert.InRange(similarity, 0.88f, 1.00001f);
        }
    }

    [Fact]
    public void Every_pair_of_bits_restores_its_level_in_the_deviation_of_its_dimension()
    {
        var profile = StateSamples.Profile();
        var codec = new TokenEmbeddingCodec(profile);
        var signs = new byte[codec.BinaryCodeBytes];
        var magnitudes = new byte[codec.ResidualCodeBytes];
        var random = new Random(7);
        random.NextBytes(signs);
        random.NextBytes(magnitudes);
        var restored = new float[codec.Dimensions];

        codec.Decode(signs, magnitudes, restored);

        var scale = Math.Pow(2, (magnitudes[^1] - 128) / 64.0);
        for (var i = 0; i < restored.Length; i++)
        {
            var sign = (signs[i / 8] >> (i % 8) & 1) == 1 ? 1 : -1;
            var level = (magnitudes[i / 8] >> (i % 8) & 1) == 1 ? 1.510 : 0.453;
            Assert.Equal(sign * level * profile.Deviation.Span[i] * scale, restored[i], 1e-5);
        }
    }

    [Fact]
    public void The_factor_makes_inner_products_of_two_bit_states_unbiased()
    {
        var profile = StateSamples.Profile();
        var codec = new TokenEmbeddingCodec(profile);
        var embedding = StateSamples.Random(profile, 1, 3);
        var (centered, restored) = RoundTrip(profile, codec, embedding);
        Assert.Equal(1, StateSamples.Dot(centered, restored) / StateSamples.Dot(centered, centered), 0.006f);
    }

    [Fact]
    public void A_state_equal_to_the_mean_restores_as_nothing()
    {
        var profile = StateSamples.Profile();
        (_, var restored) = RoundTrip(profile, new TokenEmbeddingCodec(profile), profile.Mean.Span);
        Assert.All(restored, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Signs_and_magnitudes_cost_two_bits_a_dimension_and_a_factor()
    {
        var codec = new TokenEmbeddingCodec(StateSamples.Profile());
        Assert.Equal((StateSamples.Width / 4) + 1, codec.BinaryCodeBytes + codec.ResidualCodeBytes);
    }

    [Fact]
    public void A_vector_of_a_passage_keeps_its_direction_and_its_products()
    {
        var profile = StateSamples.Profile();
        var codec = new PassageEmbeddingCodec(profile);
        const int Vectors = 70;
        var vectors = StateSamples.Random(profile, Vectors, 4);
        var query = StateSamples.Random(profile, 1, 5);
        var codes = new byte[Vectors * codec.Bytes];
        var scales = new float[Vectors];
        var products = new float[Vectors];
        var restored = new float[StateSamples.Width];
        for (var i = 0; i < Vectors; i++)
        {
            ReadOnlySpan<float> vector = vectors.AsSpan(i * StateSamples.Width, StateSamples.Width);
            scales[i] = codec.Encode(vector, codes.AsSpan(i * codec.Bytes, codec.Bytes));
        }

        codec.Dot(codes, scales, query, products);
        for (var i = 0; i < Vectors; i++)
        {
            ReadOnlySpan<float> vector = vectors.AsSpan(i * StateSamples.Width, StateSamples.Width);
            codec.Decode(codes.AsSpan(i * codec.Bytes, codec.Bytes), scales[i], restored);
            var lengths = MathF.Sqrt(StateSamples.Dot(vector, vector) * StateSamples.Dot(restored, restored));
            Assert.InRange(StateSamples.Dot(vector, restored) / lengths, 0.93f, 1.00001f);
            Assert.Equal(StateSamples.Dot(query, restored), products[i], 1e-3f);
        }
    }

    [Fact]
    public void A_vector_equal_to_the_mean_restores_as_the_mean()
    {
        var profile = StateSamples.Profile();
        var codec = new PassageEmbeddingCodec(profile);
        var codes = new byte[codec.Bytes];
        var restored = new float[StateSamples.Width];
        var scale = codec.Encode(profile.Mean.Span, codes);
        codec.Decode(codes, scale, restored);
        Assert.All(restored.Zip(profile.Mean.ToArray()), pair => Assert.Equal(pair.Second, pair.First, 0.002f));
    }

    private static (float[] Centered, float[] Restored) RoundTrip(
        EmbeddingProfile profile,
        TokenEmbeddingCodec codec,
        ReadOnlySpan<float> embedding
    )
    {
        var binaryCodes = new byte[codec.BinaryCodeBytes];
        var residualCodes = new byte[codec.ResidualCodeBytes];
        var restored = new float[codec.Dimensions];
        codec.Encode(embedding, binaryCodes, residualCodes);
        codec.Decode(binaryCodes, residualCodes, restored);
        var centered = embedding.ToArray().Select((value, i) => value - profile.Mean.Span[i]).ToArray();
        return (centered, restored);
    }
}
