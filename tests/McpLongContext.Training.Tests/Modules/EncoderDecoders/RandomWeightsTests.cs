using McpLongContext.Training.Modules.EncoderDecoders;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Modules.EncoderDecoders;

public sealed class RandomWeightsTests
{
    private readonly RandomWeights _weights = new(seed: 1);

    [Fact]
    public void Tensors_that_are_alike_have_the_same_numbers_scaled_and_transposed()
    {
        using var scope = NewDisposeScope();
        var value = _weights.Read("v", [6, 4], new WeightStart(0, 1, "value"));
        var output = _weights.Read("o", [4, 6], new WeightStart(0, 2, "value", IsTransposed: true));

        var transposed = (tensor(value).reshape(6, 4) * 2).t().contiguous();

        Assert.Equal(transposed.data<float>().ToArray(), output);
    }

    [Fact]
    public void Others_have_numbers_of_their_own()
    {
        var start = new WeightStart(0, 1);

        Assert.NotEqual(_weights.Read("v", [6, 4], start), _weights.Read("w", [6, 4], start));
        Assert.Equal(_weights.Read("v", [6, 4], start), new RandomWeights(seed: 1).Read("v", [6, 4], start));
        Assert.NotEqual(_weights.Read("v", [6, 4], start), new RandomWeights(seed: 2).Read("v", [6, 4], start));
    }

    [Fact]
    public void Means_and_deviations_are_those_that_were_asked_for()
    {
        var values = _weights.Read("v", [100, 100], new WeightStart(3, 2));
        var slopes = _weights.Read("p", [2, 2], new WeightStart(0, 0, Means: [0, -1, -2, -3]));

        Assert.Equal(3, values.Average(), 0.1);
        Assert.Equal(2, Math.Sqrt(values.Average(value => (value - 3) * (value - 3))), 0.1);
        Assert.Equal([0f, -1, -2, -3], slopes);
    }
}
