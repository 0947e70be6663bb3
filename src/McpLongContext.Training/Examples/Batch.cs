using static TorchSharp.torch;

namespace McpLongContext.Training.Examples;

/// <summary>Examples of one shape as tensors.</summary>
internal sealed class Batch : IDisposable
{
    /// <summary>Puts examples together.</summary>
    public Batch(IReadOnlyList<Example> examples, ExampleShape shape)
    {
        Examples = examples;
        Tokens = tensor(examples.SelectMany(example => example.Tokens).ToArray())
            .reshape(examples.Count, shape.Segments, shape.SegmentTokens);
        Weights = tensor(examples.SelectMany(example => example.Weights).ToArray())
            .reshape(examples.Count, shape.Segments);
        var length = shape.Segments * shape.SegmentTokens;
        var answers = examples
            .SelectMany(
                (example, index) =>
                    example
                        .Answers.SelectMany(answer => answer)
                        .Select(target => (Position: (long)(index * length) + target.Position, target.Token))
            )
            .ToList();
        AnswerPositions = tensor(answers.ConvertAll(one => one.Position));
        AnswerTokens = tensor(answers.ConvertAll(one => one.Token));
        PlainPositions = tensor(
            examples
                .SelectMany((example, index) => example.PlainPositions.Select(one => (long)(index * length) + one))
                .ToList()
        );
    }

    public IReadOnlyList<Example> Examples { get; }

    /// <summary>[examples, segments, tokens].</summary>
    public Tensor Tokens { get; }

    /// <summary>[examples, segments].</summary>
    public Tensor Weights { get; }

    /// <summary>[answer tokens]: the states, of [examples * segments * tokens], after which they stand.</summary>
    public Tensor AnswerPositions { get; }

    /// <summary>[answer tokens].</summary>
    public Tensor AnswerTokens { get; }

    /// <summary>[plain positions]: the states after which the model is to expect what it expects without the
    /// adapter.</summary>
    public Tensor PlainPositions { get; }

    public void Dispose()
    {
        Tokens.Dispose();
        Weights.Dispose();
        AnswerPositions.Dispose();
        AnswerTokens.Dispose();
        PlainPositions.Dispose();
    }
}
