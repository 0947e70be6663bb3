using static TorchSharp.torch;

namespace McpLongContext.Training.Examples;

/// <summary>
/// Examples of one shape as tensors. What is asked of all of them lies in one list: first all answers.
/// </summary>
internal sealed class Batch
{
    /// <summary>Puts examples together.</summary>
    public Batch(IReadOnlyList<Example> examples, ExampleShape shape)
    {
        Examples = examples;
        Tokens = tensor(examples.SelectMany(example => example.Tokens).ToArray())
            .reshape(examples.Count, shape.Segments, shape.SegmentTokens);
        Weights = tensor(examples.SelectMany(example => example.Weights).ToArray())
            .reshape(examples.Count, shape.Segments);
        AnswerTargets = examples.Sum(example => example.Answer.Count);
        var asked = Flatten(example => example.Answer).Concat(Flatten(example => example.Language)).ToList();
        Positions = tensor(asked.ConvertAll(one => one.Position));
        Targets = tensor(asked.ConvertAll(one => one.Token));

        IEnumerable<(long Position, long Token)> Flatten(Func<Example, IReadOnlyList<Target>> of) =>
            examples.SelectMany(
                (example, index) =>
                    of(example).Select(target => ((long)(index * shape.SegmentTokens) + target.Position, target.Token))
            );
    }

    public IReadOnlyList<Example> Examples { get; }

    /// <summary>[examples, segments, tokens].</summary>
    public Tensor Tokens { get; }

    /// <summary>[examples, segments].</summary>
    public Tensor Weights { get; }

    /// <summary>How many of the targets belong to answers.</summary>
    public int AnswerTargets { get; }

    /// <summary>
    /// [targets]: the state of the last segments, [examples * tokens], after which each target stands.
    /// </summary>
    public Tensor Positions { get; }

    /// <summary>[targets].</summary>
    public Tensor Targets { get; }
}
