using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Infini;

public sealed class LayerwiseReadingTests
{
    private const int SegmentTokens = 8;
    private const int Segments = 3;

    public static TheoryData<string> Families => [.. TinyModels.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Loss_and_gradients_are_those_of_reading_at_once(string family)
    {
        using var scope = NewDisposeScope();
        var settings = new AdapterSettings { Rule = UpdateRule.Delta, Rank = 3 };
        using var whole = TinyModels.Random(family, settings);
        using var frugal = TinyModels.Random(family, settings with { IsByLayer = true });
        var tokens = TinyModels.AsSegments(TinyModels.Tokens(whole.Config, Segments * SegmentTokens), SegmentTokens);
        var weights = tensor([1f, 3f, 2f]).reshape(1, Segments);

        var expected = Loss(whole, whole.Read(tokens, weights: weights).States);
        expected.backward();
        var reading = new LayerwiseReading(frugal);
        var found = Loss(frugal, reading.Read(tokens, weights));
        found.backward();
        reading.Backward();

        Assert.Equal(expected.item<float>(), found.item<float>(), 1e-5f);
        foreach (var (one, other) in Parameters(whole).Zip(Parameters(frugal)))
        {
            Assert.True(one.grad!.norm().item<float>() > 0);
            Assert.True(one.grad!.allclose(other.grad!, rtol: 1e-3, atol: 1e-5));
        }
    }

    private static IEnumerable<Tensor> Parameters(InfiniDecoder model) => model.Changes.Concat(model.Gates);

    private static Tensor Loss(InfiniDecoder model, Tensor states) =>
        model.Logits(states.narrow(1, Segments - 1, 1)).log_softmax(-1).select(-1, 3).mean();
}
