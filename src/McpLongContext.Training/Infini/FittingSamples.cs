using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Infini;

/// <summary>Draws samples that a segment has room for and that consist of tokens which the model tells apart.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">The model's.</param>
internal sealed class FittingSamples(InfiniDecoder model, Tokenizer tokenizer)
{
    /// <summary>Where no sample of so many fits, the last one is taken as it is.</summary>
    private const int MostDraws = 50;

    private readonly DistinctTokens _distinct = new(model);

    /// <summary>Draws one.</summary>
    /// <param name="draw">Draws a task and a sample of it, fitting or not.</param>
    /// <param name="segmentTokens">The tokens of a segment.</param>
    public (ITrainingTask Task, SampleTokens Sample) Draw(
        Func<(ITrainingTask Task, TaskSample Sample)> draw,
        int segmentTokens
    )
    {
        for (var left = MostDraws; ; left--)
        {
            var (task, drawn) = draw();
            var sample = SampleTokens.Of(tokenizer, drawn);
            if (left == 1 || (ExampleBuilder.Fits(sample, segmentTokens) && _distinct.Have(sample)))
            {
                return (task, sample);
            }
        }
    }
}
