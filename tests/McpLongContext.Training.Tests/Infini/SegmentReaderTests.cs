using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Infini;

public sealed class SegmentReaderTests
{
    private const int Segments = 4;
    private const int SegmentTokens = 8;

    [Theory]
    [InlineData(UpdateRule.Linear)]
    [InlineData(UpdateRule.Delta)]
    internal void The_loop_gives_the_states_and_gradients_of_attention(UpdateRule rule)
    {
        using var scope = NewDisposeScope();
        var (states, gradients) = Run(rule, horizon: null);
        var (looped, same) = Run(rule, horizon: Segments);

        Assert.InRange(Distance(states, looped), 0, 1e-3);
        Assert.All(gradients.Zip(same), pair => Assert.InRange(Distance(pair.First, pair.Second), 0, 1e-3));
    }

    [Fact]
    public void A_short_horizon_gives_the_same_states_and_other_gradients()
    {
        using var scope = NewDisposeScope();
        var (states, gradients) = Run(UpdateRule.Linear, horizon: null);
        var (cut, others) = Run(UpdateRule.Linear, horizon: 1);

        Assert.InRange(Distance(states, cut), 0, 1e-3);
        Assert.Contains(gradients.Zip(others), pair => Distance(pair.First, pair.Second) > 0.01);
    }

    private static double Distance(Tensor expected, Tensor found) =>
        ((expected - found).norm() / expected.norm()).item<float>();

    private static (Tensor Embeddings, IReadOnlyList<Tensor> Gradients) Run(UpdateRule rule, int? horizon)
    {
        var model = TinyModels.Random("llama", new AdapterSettings { Rule = rule, Rank = 3 });
        var shape = new ExampleShape(SegmentTokens, Segments, 1);
        Example[] examples =
        [
            .. Enumerable
                .Range(1, 2)
                .Select(seed => new Example(
                    [.. TinyModels.Tokens(model.Config, Segments * SegmentTokens, seed).Select(token => (long)token)],
                    [1, 4, seed, 1],
                    [],
                    [],
                    "test"
                )),
        ];
        var states = SegmentReader.Read(model, new Batch(examples, shape), horizon);
        states.pow(2).mean().backward();
        return (states, [.. model.Gates.Concat(model.Changes).Select(parameter => parameter.grad!)]);
    }
}
