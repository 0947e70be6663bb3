using McpLongContext.Storage.States;

namespace McpLongContext.Storage.Tests.States;

public class StateCodecTests
{
    [Theory]
    [InlineData(StatePrecision.TwoBit, 0.88f)]
    [InlineData(StatePrecision.EightBit, 0.9999f)]
    public void A_restored_state_points_the_way_of_the_original(StatePrecision precision, float cosine)
    {
        EncoderProfile profile = StateSamples.Profile(precision);
        var codec = StateCodec.Of(profile);
        float[] states = StateSamples.Random(profile, 50, 1);
        for (int i = 0; i < 50; i++)
        {
            (float[] centred, float[] restored) = RoundTrip(
                profile,
                codec,
                states.AsSpan(i * StateSamples.Width, StateSamples.Width)
            );
            float similarity =
                StateSamples.Dot(centred, restored)
                / MathF.Sqrt(StateSamples.Dot(centred, centred) * StateSamples.Dot(restored, restored));
            Assert.InRange(similarity, cosine, 1.00001f);
        }
    }

    [Fact]
    public void The_factor_makes_inner_products_of_two_bit_states_unbiased()
    {
        EncoderProfile profile = StateSamples.Profile();
        var codec = StateCodec.Of(profile);
        float[] state = StateSamples.Random(profile, 1, 3);
        (float[] centred, float[] restored) = RoundTrip(profile, codec, state);
        Assert.Equal(1, StateSamples.Dot(centred, restored) / StateSamples.Dot(centred, centred), 0.002f);
    }

    [Theory]
    [InlineData(StatePrecision.TwoBit)]
    [InlineData(StatePrecision.EightBit)]
    public void A_state_equal_to_the_mean_restores_as_nothing(StatePrecision precision)
    {
        EncoderProfile profile = StateSamples.Profile(precision);
        (_, float[] restored) = RoundTrip(profile, StateCodec.Of(profile), profile.Mean.Span);
        Assert.All(restored, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Signs_and_magnitudes_cost_two_bits_a_dimension_and_a_factor()
    {
        var codec = StateCodec.Of(StateSamples.Profile());
        Assert.Equal((StateSamples.Width / 4) + 2, codec.SignBytes + codec.RefinementBytes);
    }

    private static (float[] Centred, float[] Restored) RoundTrip(
        EncoderProfile profile,
        StateCodec codec,
        ReadOnlySpan<float> state
    )
    {
        byte[] signs = new byte[codec.SignBytes];
        byte[] refinement = new byte[codec.RefinementBytes];
        float[] restored = new float[codec.Dimensions];
        codec.Encode(state, signs, refinement);
        codec.Decode(signs, refinement, restored);
        float[] centred = state.ToArray().Select((value, i) => value - profile.Mean.Span[i]).ToArray();
        return (centred, restored);
    }
}
